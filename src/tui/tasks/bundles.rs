//! Opening bundles.

use std::sync::Arc;
use std::thread;

use super::Teller;
use crate::bundle::Bundle;
use crate::query::UnitIndex;
use crate::tui::message::{Message, OpenBundle};

/// Opens a bundle and reads what can be named in it.
pub(super) fn open(teller: &Teller, name: String) {
    let teller = teller.clone();
    thread::spawn(move || {
        let opened = read(&name).map(Arc::new);
        teller.tell(Message::Bundle { name, opened });
    });
}

fn read(name: &str) -> Result<OpenBundle, String> {
    let bundle = Bundle::open(name).map_err(|error| error.to_string())?;
    let units = UnitIndex::of(&bundle).map_err(|error| error.to_string())?;
    Ok(OpenBundle {
        name: name.to_owned(),
        bundle,
        units,
    })
}
