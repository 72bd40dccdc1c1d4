package rewind

import (
	"errors"
	"io/fs"
	"slices"
	"time"

	"aircheck/ingest/media"
)

const (
	// movePatience is how long a file is looked for that has just been recorded: it lies elsewhere before the catalogue says so. movePoll is
	// how often.
	movePatience = time.Second
	movePoll     = 10 * time.Millisecond
	// justEnded is how long ago what may be on the move has ended.
	justEnded = time.Minute
)

// open opens a file. One that is not where it was is looked up anew: it may have been finished meanwhile. fs.ErrNotExist if it is gone.
func (f *Files) open(key media.StreamKey, file *Source) (Object, error) {
	for begin := time.Now(); ; time.Sleep(movePoll) {
		o, err := file.Open()
		if !errors.Is(err, fs.ErrNotExist) {
			return o, err
		}
		found, lookup := f.Find(key, file.Start.Add(-time.Second), file.Start.Add(time.Second))
		if lookup != nil {
			return nil, lookup
		}
		i := slices.IndexFunc(found, func(s Source) bool { return s.ID == file.ID })
		if i < 0 {
			return nil, err
		}
		*file = found[i]
		if o, err = file.Open(); !errors.Is(err, fs.ErrNotExist) {
			return o, err
		}
		if time.Since(begin) > movePatience || time.Since(file.End) > justEnded {
			return nil, err
		}
	}
}
