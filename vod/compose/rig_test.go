package compose_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	"aircheck/server/store"
	"aircheck/server/store/storetest"
	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a task may take on a machine that is busy.
const patience = 2 * time.Minute

// rig is a catalogue with what makes files of others.
type rig struct {
	*compose.Service
	t     *testing.T
	dir   string
	store *store.Store
	queue *task.Queue
	next  atomic.Int64
	// probed are the files that ffprobe was asked about.
	probed map[string]vod.Asset
}

func formats() []container.Format {
	return []container.Format{flv.Format{}, hls.Format{}, mp4.Format{}, aac.Format{}}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigAt(t, filepath.Join(t.TempDir(), "recordings"))
}

// newRigAt is newRig with its files in a folder.
func newRigAt(t *testing.T, dir string) *rig {
	t.Helper()
	r := &rig{t: t, dir: dir, probed: map[string]vod.Asset{}}
	var err error
	if r.store, err = store.Open(t.Context(), storetest.File(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.Close() })
	id, _, err := r.store.StorageID(t.Context(), "local", "recordings")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, vod.IdentityFile), []byte(id), 0o600); err != nil {
		t.Fatal(err)
	}
	local := vod.NewLocal(id, r.dir)
	t.Cleanup(func() { local.Close() })
	if err := local.Check(); err != nil {
		t.Fatal(err)
	}
	r.next.Store(1000)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	storages := map[string]vod.Storage{id: local}
	intake := &vod.Intake{
		Store: r.store, Storages: storages, NewID: func() vod.FileID { return vod.FileID(r.next.Add(1)) }, Log: log,
	}
	r.queue = &task.Queue{Store: r.store.LongTasks(), Log: log}
	r.Service = &compose.Service{
		Library: compose.Library{Catalog: &vod.Catalog{Store: r.store, Storages: storages, Log: log}, Formats: formats()},
		Intake:  intake, Queue: r.queue, Storage: id, Made: r.store.MadeBy, Encoder: &ffmpeg.Runner{Log: log},
		Recordings: func(ctx context.Context, domain, app, stream string, from, to time.Time) ([]vod.Asset, error) {
			return r.store.AssetsOf(ctx, media.StreamKey{Domain: domain, App: app, Stream: stream}, from, to)
		},
	}
	r.queue.Jobs = r.Jobs()
	return r
}

func (r *rig) start() {
	r.queue.Start()
	r.t.Cleanup(func() { _ = r.queue.Close(context.Background()) })
}

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// adopt puts a file into the catalogue as a recording that began so long after at.
func (r *rig) adopt(path, format string, begin time.Duration, change func(*vod.Asset)) vod.Asset {
	r.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	id := vod.FileID(r.next.Add(1))
	key := id.String() + filepath.Ext(path)
	if err := os.WriteFile(filepath.Join(r.dir, key), data, 0o600); err != nil {
		r.t.Fatal(err)
	}
	probed, ok := r.probed[path]
	if !ok {
		probed = vod.Asset{Duration: lengthOf(r.t, path), Tracks: tracksOf(r.t, path)}
		r.probed[path] = probed
	}
	length := probed.Duration
	a := vod.Asset{
		ID: id, Name: "piece", Container: format, Status: vod.StatusNormal, StorageID: r.Storage, ObjectKey: key, Size: int64(len(data)),
		Duration: length, Start: at.Add(begin), End: at.Add(begin + length), CreateTime: at.Add(begin + length + time.Second), UpdateTime: at,
		Domain: "localhost", App: "live", Stream: "show", SessionID: "s" + id.String(), CauseKind: "rule", Cause: "1",
		StorageClass: vod.StorageClassStandard, SourceType: vod.SourceRecord, Tracks: probed.Tracks,
	}
	if change != nil {
		change(&a)
	}
	if _, err := r.store.Adopt(r.t.Context(), a); err != nil {
		r.t.Fatal(err)
	}
	return a
}

func probe(t *testing.T, path string, args ...string) []string {
	t.Helper()
	args = append(append([]string{"-v", "error", "-of", "csv=p=0"}, args...), path)
	return strings.Fields(string(mediatest.Run(t, "ffprobe", args...)))
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(strings.TrimRight(text, ","), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func lengthOf(t *testing.T, path string) time.Duration {
	t.Helper()
	return time.Duration(number(t, probe(t, path, "-show_entries", "format=duration")[0]) * 1e9).Round(time.Millisecond)
}

func tracksOf(t *testing.T, path string) (out []vod.Track) {
	t.Helper()
	for _, l := range probe(t, path, "-show_entries", "stream=codec_name,codec_type,width,height,r_frame_rate,sample_rate,channels") {
		f := strings.Split(l, ",")
		if f[1] == "video" {
			w, h := number(t, f[2]), number(t, f[3])
			out = append(out, vod.Track{Kind: "video", Codec: f[0], Width: int(w), Height: int(h), FrameRate: 25, Units: 1})
		} else {
			rate, channels := number(t, f[2]), number(t, f[3])
			out = append(out, vod.Track{Kind: "audio", Codec: f[0], SampleRate: int(rate), Channels: int(channels), Units: 1})
		}
	}
	return out
}

// wait waits for a task and returns what came of it.
func (r *rig) wait(id string) (task.Task, *compose.Output) {
	r.t.Helper()
	t, out, err := r.Wait(r.t.Context(), 0, id, patience)
	if err != nil {
		r.t.Fatal(err)
	}
	return t, out
}

// done waits for a task that must succeed, and returns the path of its file.
func (r *rig) done(id string) (string, vod.Asset, *compose.Output) {
	r.t.Helper()
	t, out := r.wait(id)
	if t.Code != 0 || out == nil {
		r.t.Fatalf("%s: %d %s", id, t.Code, t.Message)
	}
	a := r.asset(out.FileID)
	return filepath.Join(r.dir, filepath.FromSlash(a.ObjectKey)), a, out
}

func (r *rig) asset(text string) vod.Asset {
	r.t.Helper()
	id, err := vod.ParseFileID(text)
	if err != nil {
		r.t.Fatal(err)
	}
	found, err := r.store.AssetsByID(r.t.Context(), []vod.FileID{id})
	if err != nil || len(found) != 1 {
		r.t.Fatalf("file %s: %v, %v", text, found, err)
	}
	return found[0]
}

// files lists what lies in the storage.
func (r *rig) files() (out []string) {
	r.t.Helper()
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != vod.IdentityFile {
			name, _ := filepath.Rel(r.dir, path)
			out = append(out, name)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
	return out
}

// pictures makes a clip: size and rate of its pictures, and how long it is.
func clip(t *testing.T, name, length string, more ...string) string {
	t.Helper()
	args := append([]string{"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2", "-c:a", "aac", "-t", length}, more...)
	return mediatest.Clip(t, name, "25", args...)
}

// packet is one as ffprobe shows it.
type packet struct {
	pts  float64
	hash string
}

func packets(t *testing.T, path, kind string) (out []packet) {
	t.Helper()
	pts := ""
	for _, l := range probe(t, path, "-select_streams", kind, "-show_packets", "-show_data_hash", "MD5", "-show_entries", "packet=pts_time,data_hash") {
		f := strings.Split(l, ",")
		if _, err := strconv.ParseFloat(f[0], 64); err == nil {
			pts = f[0]
		}
		if i := slices.IndexFunc(f, func(s string) bool { return strings.HasPrefix(s, "MD5:") }); i >= 0 {
			out = append(out, packet{number(t, pts), f[i]})
		}
	}
	return out
}

// decodes has ffmpeg decode all of a file, and fails at its first word.
func decodes(t *testing.T, path string) {
	t.Helper()
	if out := mediatest.Run(t, "ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"); len(out) > 0 {
		t.Errorf("ffmpeg: %s", out)
	}
}
