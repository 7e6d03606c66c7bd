//go:build !linux

package disk

import "errors"

// limit refuses: nothing unbounded reads images.
func limit(int) error { return errors.ErrUnsupported }
