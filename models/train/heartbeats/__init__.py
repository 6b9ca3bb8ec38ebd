"""heartbeats: an example whose inputs are no images but one-second signals."""
