"""What all HTTP endpoints read and write in the same way: header fields, media types, bodies, fixed headers."""
