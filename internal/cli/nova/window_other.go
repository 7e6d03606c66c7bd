//go:build !unix

package nova

import "os"

// windowOf is the size of the terminal that a file is; it is not known here.
func windowOf(*os.File) (columns, rows int) { return 0, 0 }
