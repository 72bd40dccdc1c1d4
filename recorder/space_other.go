//go:build !linux && !darwin && !freebsd && !windows

package recorder

import "errors"

// diskSpace returns errors.ErrUnsupported: there is no floor, and a full disk is noticed when it refuses a write.
func diskSpace(string) (free, total int64, err error) { return 0, 0, errors.ErrUnsupported }
