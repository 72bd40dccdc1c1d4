package recorder

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// commit is the step by which the catalogue learns of a file. It is no op of the disk.
const commit = "commit"

// step is one change of a storage, or of its catalogue.
type step struct {
	op
	// site is where a sync was asked for.
	site string
	// known is the catalogue from this commit on.
	known []File
	// node is the file that it changes, syncs or names; dir the folder whose sync makes a name safe. A void step came to nothing.
	node int
	dir  string
	void bool
}

// tape is all that was done to a storage, from an empty folder on. It stands for any filesystem that does no more than it must: bytes
// are safe once their file or filesystem was synced, names once their folder was, and what is not safe may get lost in any
// combination.
type tape struct {
	mu    sync.Mutex
	steps []step
	// names are the files by their present names, handles by the last that each name stood for.
	names, handles map[string]int
	dirs           map[string]bool
	nodes          int
	// muted is a site whose syncs do nothing.
	muted string
}

func newTape() *tape {
	return &tape{names: map[string]int{}, handles: map[string]int{}, dirs: map[string]bool{".": true}}
}

// before records what a disk is about to do.
func (tp *tape) before(o op) error {
	o.data = bytes.Clone(o.data)
	tp.add(step{op: o, site: callSite(o.kind)})
	return nil
}

// callSite names the line that asked for a sync.
func callSite(kind string) string {
	if !strings.HasPrefix(kind, "sync") {
		return ""
	}
	var pcs [12]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		name := f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		switch {
		case !more:
			return kind
		case strings.HasSuffix(f.File, "_test.go"), strings.HasSuffix(name, ".check"), strings.HasSuffix(name, "(*file).sync"),
			strings.HasSuffix(name, "(*disk).syncDir"), strings.HasSuffix(name, "(*disk).syncOpen"):
		default:
			return fmt.Sprintf("%s %s:%d", kind, strings.TrimPrefix(name, "recorder."), f.Line)
		}
	}
}

func (tp *tape) add(s step) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	_, there := tp.names[s.name]
	_, taken := tp.names[s.to]
	switch s.kind {
	case "create":
		s.dir, s.void = path.Dir(s.name), there
		if !there {
			s.node = tp.nodes
			tp.nodes++
			tp.names[s.name], tp.handles[s.name] = s.node, s.node
		}
	case "link", "rename":
		s.node, s.dir, s.void = tp.names[s.name], path.Dir(s.to), s.kind == "link" && taken
		if !s.void {
			tp.names[s.to], tp.handles[s.to] = s.node, s.node
			if s.kind == "rename" {
				delete(tp.names, s.name)
			}
		}
	case "remove":
		s.dir, s.void = path.Dir(s.name), !there
		delete(tp.names, s.name)
	case "mkdir":
		s.dir, s.void = path.Dir(s.name), tp.dirs[s.name]
		tp.dirs[s.name] = true
	case "write", "truncate", "sync":
		s.node = tp.handles[s.name]
	}
	tp.steps = append(tp.steps, s)
}

// upTo returns a tape of the first k steps, to go on with.
func (tp *tape) upTo(k int) *tape {
	out := newTape()
	out.muted = tp.muted
	for _, s := range tp.steps[:k] {
		out.add(s)
	}
	return out
}

// isData reports whether a step changes a file's bytes, isName whether it changes names.
func (s *step) isData() bool { return s.kind == "write" || s.kind == "truncate" }
func (s *step) isName() bool { return s.dir != "" && !s.void }

// safe tells which of the first k steps no crash can undo, for syncs at the muted site do nothing.
func (tp *tape) safe(k int, muted string) []bool {
	out := make([]bool, k)
	nodes, dirs, all := map[int]bool{}, map[string]bool{}, false
	for i := k - 1; i >= 0; i-- {
		s := &tp.steps[i]
		switch {
		case s.site != "" && s.site == muted:
		case s.kind == "sync":
			nodes[s.node] = true
		case s.kind == "syncfs":
			all = true // of the names it may be true as well, but nobody relies on it
		case s.kind == "syncdir":
			dirs[s.name] = true
		case s.isData():
			out[i] = all || nodes[s.node]
		default:
			out[i] = s.dir == "" || dirs[s.dir]
		}
	}
	return out
}

// known is the catalogue after k steps.
func (tp *tape) known(k int) []File {
	for _, s := range slices.Backward(tp.steps[:k]) {
		if s.kind == commit {
			return s.known
		}
	}
	return nil
}

// fate is what a crash makes of a step.
type fate int

const (
	kept fate = iota
	lost
	// blank: of a write there is the length, and zeros.
	blank
	// torn: of a write there is what lies before the next page, then zeros. shared is the same, but the page in which it ends is there:
	// what was written later lies in it as well, and a page is lost or kept as a whole.
	torn
	shared
)

// image is a storage as a crash leaves it.
type image struct {
	what  string
	dirs  map[string]bool
	names map[string]int
	data  map[int][]byte
}

// image makes the one of the first k steps with their fates.
func (tp *tape) image(k int, what string, fates func(i int) fate) *image {
	img := &image{what: what, dirs: map[string]bool{".": true}, names: map[string]int{}, data: map[int][]byte{}}
	for i := range k {
		if s := &tp.steps[i]; !s.void {
			img.apply(s, fates(i))
		}
	}
	for name := range img.names {
		if !img.dirs[path.Dir(name)] {
			delete(img.names, name)
		}
	}
	return img
}

func (img *image) apply(s *step, f fate) {
	if f == lost {
		return
	}
	switch s.kind {
	case "create":
		img.names[s.name] = s.node
	case "link", "rename":
		img.names[s.to] = s.node
		if s.kind == "rename" {
			delete(img.names, s.name)
		}
	case "remove":
		delete(img.names, s.name)
	case "mkdir":
		if img.dirs[path.Dir(s.name)] {
			img.dirs[s.name] = true
		}
	case "truncate":
		img.data[s.node] = sized(img.data[s.node], int(s.off))
	case "write":
		img.write(s, f)
	}
}

func (img *image) write(s *step, f fate) {
	const page = 4096
	b, from, to := img.data[s.node], int(s.off), int(s.off)+len(s.data)
	if to > len(b) {
		b = sized(b, to)
	}
	next, last := (from/page+1)*page, to
	if f == shared {
		last = to / page * page
	}
	switch {
	case f == kept, f != blank && next >= last:
		copy(b[from:], s.data)
	case f != blank:
		copy(b[from:], s.data)
		clear(b[next:last])
	}
	img.data[s.node] = b
}

func sized(b []byte, n int) []byte {
	if n <= len(b) {
		return b[:n]
	}
	old := len(b)
	b = slices.Grow(b, n-old)[:n]
	clear(b[old:])
	return b
}

// sum is the same for the same image.
func (img *image) sum() uint64 {
	h := fnv.New64a()
	for _, dir := range slices.Sorted(maps.Keys(img.dirs)) {
		fmt.Fprintf(h, "%s\n", dir)
	}
	for _, name := range slices.Sorted(maps.Keys(img.names)) {
		fmt.Fprintf(h, "%s %d %d\n", name, img.names[name], len(img.data[img.names[name]]))
		_, _ = h.Write(img.data[img.names[name]])
	}
	return h.Sum64()
}

// restore puts an image into a folder.
func (img *image) restore(t testing.TB, dir string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(img.dirs)) {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	first := map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(img.names)) {
		node, to := img.names[name], filepath.Join(dir, name)
		var err error
		if other := first[node]; other != "" {
			err = os.Link(other, to)
		} else {
			first[node] = to
			err = os.WriteFile(to, img.data[node], 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// crashes yields images of what a crash after k steps may leave: first that of a killed process.
func (tp *tape) crashes(k int, yield func(img *image, powerLoss bool) bool) bool {
	safe := tp.safe(k, tp.muted)
	draw := func(what string, fates func(i int, s *step) fate) *image {
		return tp.image(k, fmt.Sprintf("after %s: %s", tp.at(k-1), what), func(i int) fate {
			if safe[i] {
				return kept
			}
			return fates(i, &tp.steps[i])
		})
	}
	one := func(victim int, f fate) *image {
		return draw(fmt.Sprintf("fate %d of %s", f, tp.at(victim)), func(i int, _ *step) fate {
			if i == victim {
				return f
			}
			return kept
		})
	}
	of := func(data, names fate) func(int, *step) fate {
		return func(_ int, s *step) fate {
			if s.isData() {
				return data
			}
			return names
		}
	}
	if !yield(draw("killed", of(kept, kept)), false) || !yield(draw("nothing but what is safe", of(lost, lost)), true) ||
		!yield(draw("names without bytes", of(lost, kept)), true) || !yield(draw("names and lengths without bytes", of(blank, kept)), true) ||
		!yield(draw("bytes without names", of(kept, lost)), true) {
		return false
	}
	for i := range k {
		s := &tp.steps[i]
		if safe[i] || !s.isData() && !s.isName() {
			continue
		}
		tear := torn
		for _, later := range tp.steps[i+1 : k] {
			if later.kind == "write" && later.node == s.node {
				tear = shared
			}
		}
		if !yield(one(i, lost), true) || s.kind == "write" && !yield(one(i, tear), true) {
			return false
		}
	}
	return true
}

func (tp *tape) at(i int) string {
	if i < 0 {
		return "nothing"
	}
	s := &tp.steps[i]
	return strings.TrimSpace(fmt.Sprintf("step %d, %s %s %s", i, s.kind, s.name, s.to))
}
