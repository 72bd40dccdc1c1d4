package container

import (
	"io"
	"iter"
	"time"

	"aircheck/ingest/media"
)

// Seeker is a Format of which the end of a file can be read without reading all that comes before it.
type Seeker interface {
	Format
	// ReadFrom is Read, but may leave out what lies before the last random access point of the pictures at or before a time, or of the
	// sound of a file without pictures. Where that cannot be found cheaply it begins earlier. Times are those of Read.
	ReadFrom(r io.ReaderAt, size int64, at time.Duration) iter.Seq2[*media.Unit, error]
}

// ReadFrom reads a file from the last random access point at or before a time on, or from earlier.
func ReadFrom(f Format, r io.ReaderAt, size int64, at time.Duration) iter.Seq2[*media.Unit, error] {
	if s, ok := f.(Seeker); ok && at > 0 {
		return s.ReadFrom(r, size, at)
	}
	return f.Read(r, size)
}
