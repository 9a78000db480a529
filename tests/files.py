"""Where the files of tests lie."""

import atexit
import shutil
import tempfile
from typing import Final

FILES: Final = tempfile.mkdtemp(prefix="gateway-files-")
"""Where callers' files lie, unless their settings say so: the tests of one process have one folder."""
atexit.register(shutil.rmtree, FILES, ignore_errors=True)
