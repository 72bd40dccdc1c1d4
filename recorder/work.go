package recorder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"aircheck/recorder/container"
)

// work is an unfinished file that is being finished.
type work struct {
	m       *Manager
	id      int64
	format  container.Format
	media   *file
	journal *file
	j       *journal
	// placed: it has its final name already.
	placed bool
	// quick: no long scan is to be begun, stop tells why one is to be broken off.
	quick bool
	stop  func() error
}

func (w *work) close() {
	w.closeMedia()
	if w.journal != nil {
		_ = w.journal.Close()
	}
}

// closeMedia closes the file. What was written to it has been synced.
func (w *work) closeMedia() {
	if w.media != nil {
		_ = w.media.Close()
		w.media = nil
	}
}

// load opens a file and its journal. It returns nil if there is no file.
func (m *Manager) load(ctx context.Context, j *job) (*work, error) {
	w := &work{m: m, id: j.id, quick: j.quick, stop: func() error { return m.stopped(ctx) }}
	err := w.openJournal()
	if errors.Is(err, errBadJournal) {
		w.close()
		if j.quick && j.ext != "" {
			return nil, errLongScan
		}
		var adopted bool
		if adopted, err = m.adopt(j, w.stop); err != nil || !adopted {
			return nil, err
		}
		err = w.openJournal()
	}
	if err == nil {
		err = w.openMedia()
	}
	if err != nil || w.media == nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *work) openJournal() error {
	f, err := w.m.disk.open(journalName(w.id))
	if errors.Is(err, fs.ErrNotExist) {
		return errBadJournal
	}
	if err != nil {
		return err
	}
	w.journal = f
	if err := w.reload(); err != nil {
		return err
	}
	if w.format = w.m.formats[w.j.head.Format]; w.format == nil {
		return fmt.Errorf("%w %q", ErrUnknownFormat, w.j.head.Format)
	}
	return nil
}

func (w *work) reload() error {
	size, err := w.journal.size()
	if err != nil {
		return err
	}
	w.j, err = readJournal(w.journal, size)
	return err
}

// openMedia opens the file where it is. It may have both names: it is played by the first until the catalogue knows the final one.
func (w *work) openMedia() error {
	d := w.m.disk
	name := mediaName(w.id, w.format.Name())
	here, err := d.stat(name)
	if err != nil {
		return err
	}
	if key := w.j.key; key != nil {
		there, err := d.stat(key.ObjectKey)
		if err != nil {
			return err
		}
		if there != nil && (here == nil || os.SameFile(here, there)) {
			if err := d.syncDir(path.Dir(key.ObjectKey)); err != nil {
				return err
			}
			w.placed = true
			w.media, err = d.open(key.ObjectKey)
			return err
		}
	}
	if here == nil {
		return nil
	}
	w.media, err = d.open(name)
	return err
}
