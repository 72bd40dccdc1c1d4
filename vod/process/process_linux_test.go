package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/rules"
	"aircheck/server/store"
	"aircheck/server/store/storetest"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	storageID = "storage-1"
	// length of the film in seconds; its pictures become lighter by shade each second, and there is a random access point every two.
	length, shade = 24, 8
	wide, high    = 160, 90
)

// film returns the units of a film in a codec, made once for all tests.
func film(t *testing.T, codec string) []*media.Unit {
	t.Helper()
	made, _ := films.LoadOrStore(codec, sync.OnceValue(func() []*media.Unit { return shoot(t, codec) }))
	return made.(func() []*media.Unit)()
}

var films sync.Map

func shoot(t *testing.T, codec string) []*media.Unit {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	lib := map[string][]string{
		"h264": {"-c:v", "libx264", "-preset", "ultrafast"},
		// Pictures at which decoding can start, but with others in front of them that need those before.
		"h264 open": {"-c:v", "libx264", "-preset", "veryfast", "-x264-params", "open-gop=1:bframes=3:keyint=20:min-keyint=20:scenecut=0"},
		"h265":      {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=20:min-keyint=20:scenecut=0"},
	}[codec]
	args := append([]string{
		"-v", "error", "-y", "-f", "lavfi", "-i",
		fmt.Sprintf("nullsrc=s=%dx%d:r=10:d=%d,geq=lum='20+%d*floor(T)':cb=128:cr=128", wide, high, length, shade),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=f=440:r=48000:d=%d", length), "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac",
	}, lib...)
	mediatest.Run(t, "ffmpeg", append(args, path)...)
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	info, err := f.Stat()
	must(t, err)
	var units []*media.Unit
	for u, err := range (mp4.Format{}).Read(f, info.Size()) {
		must(t, err)
		units = append(units, u)
	}
	slices.SortStableFunc(units, func(a, b *media.Unit) int { return int(a.Time() - b.Time()) })
	return units
}

// library is a catalogue with what makes things of its files, on the real database.
type library struct {
	*process.Processor
	*store.Store
	dir string
	ids atomic.Int64
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{dir: t.TempDir()}
	must(t, os.WriteFile(filepath.Join(l.dir, vod.IdentityFile), []byte(storageID+"\n"), 0o600))
	var err error
	l.Store, err = store.Open(t.Context(), storetest.File(t))
	must(t, err)
	local, err := vod.OpenLocal(storageID, l.dir)
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(local.Close(), l.Close())) })
	storages := map[string]vod.Storage{storageID: local}
	log := slog.New(slog.DiscardHandler)
	l.ids.Store(1000)
	l.Processor = &process.Processor{
		Service: &process.Service{Store: l.Store}, Catalog: &vod.Catalog{Store: l.Store, Storages: storages, Log: log},
		Parts: &vod.Parts{Store: l.Store, Intake: &vod.Intake{
			Store: l.Store, Storages: storages, NewID: func() vod.FileID { return vod.FileID(l.ids.Add(1)) }, Log: log,
		}},
		Runner:  &ffmpeg.Runner{Log: log},
		Formats: []container.Format{flv.Format{}, hls.Format{}, mp4.Format{}, aac.Format{}}, Log: log,
	}
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add writes units as a file of a format, as recordings are, and catalogues it.
func (l *library) add(t *testing.T, id vod.FileID, f container.Format, units []*media.Unit, change func(*vod.Asset)) vod.Asset {
	t.Helper()
	text, tracks, sum := record(t, f, units)
	key, playlist := fmt.Sprintf("live/%d.%s", id, f.Name()), ""
	if p, ok := f.(container.Playlisted); ok {
		key, playlist = fmt.Sprintf("live/%d/%s", id, p.MediaName(tracks)), fmt.Sprintf("live/%d/index.m3u8", id)
		l.write(t, playlist, nil)
	}
	l.write(t, key, text)
	now := time.Now().UTC().Truncate(time.Millisecond)
	a := vod.Asset{
		ID: id, Name: "show", Container: f.Name(), Status: vod.StatusNormal, StorageID: storageID, ObjectKey: key, PlaylistKey: playlist,
		Size: int64(len(text)), Duration: sum.Duration, CreateTime: now, UpdateTime: now, Start: now, End: now.Add(sum.Duration),
	}
	for _, s := range sum.Tracks {
		a.Tracks = append(a.Tracks, vod.NewTrack(s))
	}
	if change != nil {
		change(&a)
	}
	must(t, l.AddFile(t.Context(), a, rules.Event{Type: rules.EventFileReady, Payload: []byte("{}"), At: now}))
	return a
}

func (l *library) path(key string) string { return filepath.Join(l.dir, filepath.FromSlash(key)) }

func (l *library) write(t *testing.T, key string, text []byte) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(l.path(key)), 0o755))
	must(t, os.WriteFile(l.path(key), text, 0o600))
}

// record is a finished file.
func record(t *testing.T, f container.Format, units []*media.Unit) ([]byte, []*media.Track, container.Summary) {
	t.Helper()
	var tracks []*media.Track
	for _, u := range units {
		if !slices.ContainsFunc(tracks, func(o *media.Track) bool { return o.ID == u.Track.ID }) {
			tracks = append(tracks, u.Track)
		}
	}
	slices.SortFunc(tracks, func(a, b *media.Track) int { return a.ID - b.ID })
	w, err := f.NewWriter(tracks)
	must(t, err)
	text := w.Header(nil, units[0].Time())
	for _, u := range units {
		c := *u // the writer releases it
		text, err = w.Append(text, &c)
		must(t, err)
	}
	text = w.Flush(text)
	index := w.Index(nil)
	end, err := f.Finish(container.Unfinished{
		Tracks: tracks, Size: int64(len(text)), Index: iter.Seq2[[]byte, error](func(yield func([]byte, error) bool) { yield(index, nil) }),
		IndexSize: int64(len(index)), Start: time.Now(),
	})
	must(t, err)
	text = append(text, end.Trailer...)
	for _, p := range end.Patches {
		copy(text[p.Offset:], p.Bytes)
	}
	return text, tracks, end.Summary
}

// run does a flow with a file and returns what came of it.
func (l *library) run(t *testing.T, id vod.FileID, flow process.Flow) (*process.Output, error) {
	t.Helper()
	input, err := json.Marshal(process.Input{Flow: &flow})
	must(t, err)
	return l.do(t.Context(), task.Task{Type: task.Procedure, FileID: id, Input: input})
}

func (l *library) do(ctx context.Context, t task.Task) (*process.Output, error) {
	out, err := l.Do(ctx, t, func(int, any) {})
	made, _ := out.(*process.Output)
	return made, err
}

// picture reads a JPEG part, and returns its size and how light it is in its middle, as a second of the film.
func (l *library) picture(t *testing.T, p vod.Part) (width, height int, second float64) {
	t.Helper()
	f, err := os.Open(l.path(p.Key))
	must(t, err)
	defer f.Close()
	img, err := jpeg.Decode(f)
	must(t, err)
	b := img.Bounds()
	return b.Dx(), b.Dy(), secondOf(img.At(b.Dx()/2, b.Dy()/2))
}

// secondOf undoes what the film does: levels of 16 to 235 become those of JPEG.
func secondOf(c color.Color) float64 {
	y := float64(color.GrayModel.Convert(c).(color.Gray).Y)
	return (y*219/255 + 16 - 20) / shade
}

func wantSteps(t *testing.T, out *process.Output, kinds ...string) {
	t.Helper()
	var got []string
	for _, s := range out.Steps {
		got = append(got, s.Kind)
		if s.Status != process.Succeeded || s.Progress != 100 || s.Begin.IsZero() || s.End.IsZero() {
			t.Errorf("step %+v", s)
		}
	}
	if !slices.Equal(got, kinds) {
		t.Fatalf("steps are %v, expected %v", got, kinds)
	}
}

// TestPictures takes pictures of recordings of each container: those of moments are exact, the others lie at random access points.
func TestPictures(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	flow := process.Flow{
		Covers:    []process.Cover{{Definition: 10, At: "12.5s"}},
		Snapshots: []process.Snapshot{{Definition: 10, At: []string{"3.5s", "9.5", "100%"}}},
		Samples:   []process.Sample{{Definition: 10}},
		Sprites:   []process.Sprite{{Definition: 20}},
	}
	for i, c := range []struct {
		format container.Format
		codec  string
	}{
		{mp4.Format{}, "h264"},
		{flv.Format{}, "h264 open"},
		{hls.Format{}, "h264"},
		{mp4.Format{}, "h264 open"},
		{mp4.Format{}, "h265"},
		{flv.Format{}, "h265"},
	} {
		t.Run(c.format.Name()+" "+c.codec, func(t *testing.T) {
			id := vod.FileID(i + 1)
			l.add(t, id, c.format, film(t, c.codec), nil)
			flow, steps := flow, []string{process.StepCover, process.StepSnapshot, process.StepSample, process.StepSprite}
			wantSamples := 10
			if i%3 != 0 { // it takes a while
				flow.Samples, steps, wantSamples = nil, slices.Delete(steps, 2, 3), 0
			}
			out, err := l.run(t, id, flow)
			must(t, err)
			wantSteps(t, out, steps...)
			parts, err := l.Parts.Of(t.Context(), id)
			must(t, err)
			var samples int
			for _, p := range parts {
				switch p.Kind {
				case vod.PartCover:
					l.wantPicture(t, p, 12, 12)
				case vod.PartSnapshot:
					at := []float64{3, 9, length - 1}[p.Index]
					l.wantPicture(t, p, at, at)
				case vod.PartSampleSnapshot:
					samples++
					at := float64(p.Index) * length / 10
					l.wantPicture(t, p, key(at), at)
				case vod.PartSprite:
					l.wantSprite(t, p)
				case vod.PartWebVTT:
					wantVTT(t, l.path(p.Key))
				}
			}
			if samples != wantSamples || len(parts) != 1+3+wantSamples+1+1 {
				t.Errorf("%d samples, %d parts", samples, len(parts))
			}
			found, err := l.Catalog.Get(t.Context(), []vod.FileID{id})
			must(t, err)
			if found[0].Cover == "" {
				t.Error("the file has no cover")
			}
		})
	}
}

// key is the random access point before a second of the file; its sound begins a little before its pictures.
func key(second float64) float64 { return max(0, float64(int(second-0.1)/2*2)) }

// wantPicture expects a picture of the film's size that shows a second between two.
func (l *library) wantPicture(t *testing.T, p vod.Part, from, to float64) {
	t.Helper()
	w, h, s := l.picture(t, p)
	if w != wide || h != high || s < from-0.45 || s > to+0.45 {
		t.Errorf("%s %d is %dx%d and shows second %.2f, expected %v to %v", p.Kind, p.Index, w, h, s, from, to)
	}
	var meta vod.PictureMeta
	must(t, json.Unmarshal(p.Meta, &meta))
	if meta.Width != wide || meta.Height != high {
		t.Errorf("it is described as %+v", meta)
	}
}

// wantSprite expects five small pictures in the first row of five by five, each at its random access point.
func (l *library) wantSprite(t *testing.T, p vod.Part) {
	t.Helper()
	f, err := os.Open(l.path(p.Key))
	must(t, err)
	defer f.Close()
	img, err := jpeg.Decode(f)
	must(t, err)
	var meta vod.SpriteMeta
	must(t, json.Unmarshal(p.Meta, &meta))
	if b := img.Bounds(); b.Dx() != 5*240 || b.Dy() != 5*136 || meta != (vod.SpriteMeta{Width: 240, Height: 136, Count: 5}) {
		t.Fatalf("the sprite is %v, described as %+v", b, meta)
	}
	for i := range 5 {
		at := float64(i * 5)
		if s := secondOf(img.At(i*240+120, 68)); s < key(at)-0.45 || s > at+0.45 {
			t.Errorf("small picture %d shows second %.2f, expected %v to %v", i, s, key(at), at)
		}
	}
}

func wantVTT(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	must(t, err)
	blocks := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	if len(blocks) != 6 || blocks[0] != "WEBVTT" || !strings.HasPrefix(blocks[2], "00:00:05.000 --> 00:00:10.000\nsprite-20-0-") ||
		!strings.HasSuffix(blocks[2], ".jpg#xywh=240,0,240,136") {
		t.Errorf("WebVTT:\n%s", text)
	}
}
