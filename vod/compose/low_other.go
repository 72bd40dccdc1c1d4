//go:build !linux

package compose

// background runs f.
func background[T any](f func() (T, error)) (T, error) { return f() }
