package recorder

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// judge looks at a recovered storage.
func (r *replay) judge(t testing.TB, dir string, files []File, least map[int64]int) error {
	t.Helper()
	got := map[int64]int{}
	for _, f := range files {
		units, err := readAll(formatOf(f.Spec.Format), filepath.Join(dir, f.ObjectKey))
		if err != nil {
			return fmt.Errorf("file %d cannot be played: %w", f.ID, err)
		}
		if n := catalogued([]File{f}); n != len(units) {
			return fmt.Errorf("file %d has %d units, the catalogue says %d", f.ID, len(units), n)
		}
		if err := r.beginning(f.ID, units, true); err != nil {
			return err
		}
		if f.PlaylistKey != "" {
			if err := playlistFault(dir, f); err != nil {
				return err
			}
		}
		if err := r.untouched(dir, f); err != nil {
			return err
		}
		got[f.ID] = len(units)
	}
	for id, n := range least {
		if got[id] < n {
			return fmt.Errorf("file %d: %d units of the %d that were safe", id, got[id], n)
		}
	}
	orphans := 0
	for _, name := range tree(t, dir) {
		if !strings.HasPrefix(name, lostDir+"/") {
			continue
		}
		orphans++
		if err := r.orphan(dir, name, least); err != nil {
			return err
		}
	}
	if names := tree(t, dir); len(names) != stored(files)+orphans {
		return fmt.Errorf("%d files in the catalogue, the storage has %q", len(files), names)
	}
	return nil
}

// untouched checks that a file which was finished undisturbed is just that.
func (r *replay) untouched(dir string, f File) error {
	b, err := os.ReadFile(filepath.Join(dir, f.ObjectKey))
	if err == nil && !f.Recovered && !bytes.Equal(b, r.bytes[f.ID]) {
		err = fmt.Errorf("file %d was finished, and is another now", f.ID)
	}
	return err
}

// orphan looks at a file whose journal was lost.
func (r *replay) orphan(dir, name string, least map[int64]int) error {
	_, base, _ := strings.Cut(name, "/")
	ext := strings.TrimPrefix(path.Ext(name), ".")
	if strings.Contains(base, "/media.") {
		ext = "hls"
	}
	id, err := strconv.ParseInt(base[:strings.IndexAny(base, "._")], 10, 64)
	if err != nil || ext == playlistExt {
		return err
	}
	if least[id] > 0 {
		return fmt.Errorf("%s is in the lost and found", name)
	}
	units, err := readAll(formatOf(ext), filepath.Join(dir, name))
	if err != nil {
		return nil // bytes without a beginning, put aside as they are
	}
	return r.beginning(id, units, false)
}

func readAll(format container.Format, name string) (units []*media.Unit, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	for u, err := range format.Read(f, size) {
		if err != nil {
			return nil, fmt.Errorf("unit %d: %w", len(units), err)
		}
		units = append(units, u)
	}
	return units, nil
}

// beginning checks that units are those with which a file began.
func (r *replay) beginning(id int64, units []*media.Unit, timed bool) error {
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		got, want := ofKind(units, kind), ofKind(r.whole[id], kind)
		if len(got) > len(want) {
			return fmt.Errorf("file %d has %d %s units, %d were pushed", id, len(got), kind, len(want))
		}
		for i, u := range got {
			if !bytes.Equal(u.Payload, want[i].Payload) || timed && (u.DTS != want[i].DTS || u.PTS != want[i].PTS) {
				return fmt.Errorf("file %d: %s unit %d is not the one pushed", id, kind, i)
			}
		}
	}
	return nil
}

func formatOf(name string) container.Format {
	for _, f := range newManager("", nil).Formats {
		if f.Name() == name {
			return f
		}
	}
	return nil
}

// prefixes chooses how many steps are replayed: all that end at a sync or a change of names, and some others.
func (tp *tape) prefixes(from, stride int) []int {
	rnd := rand.New(rand.NewPCG(5, uint64(stride)))
	var out []int
	for k := from; k <= len(tp.steps); k++ {
		plain := k == 0 || k < len(tp.steps) && tp.steps[k-1].isData() && tp.steps[k].isData()
		if *replayAll || stride <= 1 || !plain && rnd.IntN(max(stride/8, 1)) == 0 || plain && rnd.IntN(stride) == 0 {
			out = append(out, k)
		}
	}
	return out
}
