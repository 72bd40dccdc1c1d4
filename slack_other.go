//go:build !linux

package main

import "log/slog"

// coarsenTimers is for Linux.
func coarsenTimers(*slog.Logger) {}
