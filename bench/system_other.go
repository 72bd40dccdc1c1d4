//go:build !linux

package main

import (
	"errors"
	"os/exec"
)

func detach(*exec.Cmd) {}

func freeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }

func syncDisks() {}
