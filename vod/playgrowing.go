package vod

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"
)

// serveGrowing serves what there is of a file being recorded.
func serveGrowing(w http.ResponseWriter, r *http.Request, f playable, object *Object) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	content := frozen{object, object.Size}
	if f.playlist {
		size, err := WholeEntries(object, object.Size)
		if err != nil {
			http.Error(w, fmt.Sprintf("the playlist of file %s cannot be read", f.ID), http.StatusServiceUnavailable)
			return
		}
		content.size = size
	} else {
		h.Set("ETag", f.etag(object))
	}
	// What grew since is not what it was, whatever its tag: a client that asks for all of it wants the rest.
	r = r.Clone(r.Context())
	r.Header.Del("If-None-Match")
	// Without a time: it would say for a whole second that nothing has changed.
	http.ServeContent(w, r, "", time.Time{}, content)
}

// frozen is a growing file as it was at one moment, so that the length told is the length served.
type frozen struct {
	io.ReadSeeker
	size int64
}

// Seek seeks.
func (f frozen) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		offset, whence = offset+f.size, io.SeekStart
	}
	return f.ReadSeeker.Seek(offset, whence)
}

// maxEntry is more than the last entry of a playlist has, in bytes.
const maxEntry = 4 << 10

// WholeEntries returns how much of a growing playlist can be shown: up to the last whole line with an address, which ends an
// entry. What is being written, or was when the server was killed, may be half a line.
func WholeEntries(playlist io.ReadSeeker, size int64) (int64, error) {
	from := max(0, size-maxEntry)
	if _, err := playlist.Seek(from, io.SeekStart); err != nil {
		return 0, err
	}
	tail := make([]byte, size-from)
	if _, err := io.ReadFull(playlist, tail); err != nil {
		return 0, err
	}
	tail = tail[:bytes.LastIndexByte(tail, '\n')+1]
	for end := len(tail); end > 0; {
		start := bytes.LastIndexByte(tail[:end-1], '\n') + 1
		if first := tail[start]; first != '#' && first != '\n' {
			return from + int64(end), nil
		}
		end = start
	}
	return from + int64(len(tail)), nil
}
