"""What every door that speaks HTTP reads and writes alike: header fields, media types, bodies, fixed headers."""
