package ffmpeg

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestWhoseFault: what ffmpeg says of the machine is no fault of the file that it reads.
func TestWhoseFault(t *testing.T) {
	for said, want := range map[string]error{
		"pthread_create failed: Resource temporarily unavailable.": ErrLimit,
		"[h264 @ 0x1] get_buffer() failed: Cannot allocate memory": ErrLimit,
		"av_interleaved_write_frame(): No space left on device":    ErrFull,
		"Error writing trailer: Disk quota exceeded":               ErrFull,
		"/dev/fd/3: Invalid data found when processing input":      ErrFailed,
	} {
		r := newRunner()
		r.Path = filepath.Join(t.TempDir(), "ffmpeg")
		if err := os.WriteFile(r.Path, []byte("#!/bin/sh\necho '"+said+"' >&2\nexit 1\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := r.Run(t.Context(), Job{}); !errors.Is(err, want) {
			t.Error(err)
		}
	}
}
