"""The bundle `scenes64`: 200 kinds of things in colour, 64 x 64, learned from Tiny-ImageNet photographs."""
