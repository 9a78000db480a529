"""The bytes of files: kept in a directory or an object store, received and given back piece by piece."""
