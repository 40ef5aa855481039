// The dashboard: entry point of index.html.

import './app/shell.ts'
