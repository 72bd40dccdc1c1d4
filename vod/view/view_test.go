package view_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	"aircheck/vod/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bench is a catalogue with a player on the real database.
type bench struct {
	*store.Store
	dir    string
	guard  *vod.Guard
	views  *view.Server
	player *vod.Player
	url    string
	last   vod.FileID
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	must(t, os.WriteFile(filepath.Join(b.dir, vod.IdentityFile), []byte("s\n"), 0o600))
	var err error
	b.Store, err = store.Open(t.Context(), storetest.File(t))
	must(t, err)
	local, err := vod.OpenLocal("s", b.dir)
	must(t, err)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	b.guard = &vod.Guard{Store: b.Store}
	must(t, b.guard.Reload(t.Context()))
	b.views = &view.Server{Log: log}
	b.player = &vod.Player{Store: b.Store, Storages: map[string]vod.Storage{"s": local}, Guard: b.guard, Views: b.views, Log: log}
	mux := http.NewServeMux()
	mux.Handle(vod.PlayPrefix, b.player)
	server := httptest.NewServer(mux)
	b.url = server.URL
	t.Cleanup(func() {
		server.Close()
		must(t, errors.Join(local.Close(), b.Store.Close()))
	})
	return b
}

// recorded is a recording's bytes, unfinished and finished.
type recorded struct {
	format   container.Format
	growing  []byte
	done     []byte
	playlist []byte
	summary  container.Summary
	units    []*media.Unit
}

func record(t testing.TB, f container.Format, units []*media.Unit) recorded {
	t.Helper()
	var tracks []*media.Track
	for _, u := range units {
		if !slices.Contains(tracks, u.Track) {
			tracks = append(tracks, u.Track)
		}
	}
	slices.SortFunc(tracks, func(a, b *media.Track) int { return a.ID - b.ID })
	w, err := f.NewWriter(tracks)
	must(t, err)
	data := w.Header(nil, mediatest.Base(units))
	var index []byte
	for _, u := range units {
		data, err = w.Append(data, u)
		must(t, err)
		index = w.Index(index)
	}
	data = w.Flush(data)
	index = w.Index(index)
	out := recorded{format: f, growing: slices.Clone(data), units: units}
	end, err := f.Finish(container.Unfinished{Tracks: tracks, Size: int64(len(data)), Start: mediatest.Wall, Index: parts(index)})
	must(t, err)
	out.summary = end.Summary
	if end.Playlist != nil {
		var b bytes.Buffer
		must(t, end.Playlist(&b))
		out.playlist = b.Bytes()
	}
	data = append(data, end.Trailer...)
	for _, p := range end.Patches {
		copy(data[p.Offset:], p.Bytes)
	}
	out.done = data
	return out
}

func parts(index []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(index, nil) }
}

// asset describes it.
func (r recorded) asset(id vod.FileID, status vod.Status) vod.Asset {
	now := time.Now().UTC().Truncate(time.Millisecond)
	a := vod.Asset{
		ID: id, Name: fmt.Sprintf("show %d", id), Container: r.format.Name(), Status: status, StorageID: "s",
		ObjectKey: fmt.Sprintf("live/show-%d.%s", id, r.format.Name()), CreateTime: now, UpdateTime: now,
		Start: mediatest.Wall, End: mediatest.Wall.Add(r.summary.Duration), Duration: r.summary.Duration,
	}
	if r.playlist != nil {
		a.ObjectKey = fmt.Sprintf("live/show-%d.ts", id)
		a.PlaylistKey = fmt.Sprintf("live/show-%d.m3u8", id)
	}
	for _, u := range r.units[:min(len(r.units), 20)] {
		track := vod.Track{Kind: u.Track.Codec.Kind().String(), Codec: u.Track.Codec.Name()}
		if !slices.Contains(a.Tracks, track) {
			a.Tracks = append(a.Tracks, track)
		}
	}
	return a
}

func (b *bench) write(t testing.TB, key string, data []byte) {
	t.Helper()
	path := filepath.Join(b.dir, filepath.FromSlash(key))
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, data, 0o600))
}

// add catalogues a finished recording.
func (b *bench) add(t testing.TB, r recorded, change ...func(*vod.Asset)) vod.Asset {
	t.Helper()
	b.last++
	a := r.asset(b.last, vod.StatusNormal)
	a.Size = int64(len(r.done))
	for _, c := range change {
		c(&a)
	}
	b.write(t, a.ObjectKey, r.done)
	if a.PlaylistKey != "" {
		b.write(t, a.PlaylistKey, r.playlist)
	}
	must(t, b.AddFile(t.Context(), a, rules.Event{Type: rules.EventFileReady, At: a.CreateTime}))
	return a
}

// m3u8 is the address of an asset's playlist.
func (b *bench) m3u8(a vod.Asset) string {
	return fmt.Sprintf("%s%s%s/x.m3u8", b.url, vod.PlayPrefix, a.ID)
}

func (b *bench) file(a vod.Asset) string { return b.url + vod.PlayPath(a) }

// get returns the answer with its body.
func get(t testing.TB, method, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(req)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer, body
}

// segments returns the addresses in a playlist.
func segments(playlist []byte) (out []string) {
	for line := range strings.Lines(string(playlist)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// fetch returns the playlist of an asset and its segments, the initialization section, if there is one, in front of the first.
func (b *bench) fetch(t testing.TB, a vod.Asset, query string) (playlist string, media [][]byte) {
	t.Helper()
	answer, body := get(t, http.MethodGet, b.m3u8(a)+query)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s", query, answer.Status, body)
	}
	root := fmt.Sprintf("%s%s%s/", b.url, vod.PlayPrefix, a.ID)
	if strings.Contains(string(body), "seg/init.mp4") {
		_, init := get(t, http.MethodGet, root+"seg/init.mp4"+query)
		media = append(media, init)
	}
	for _, s := range segments(body) {
		answer, part := get(t, http.MethodGet, root+s)
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s", s, answer.Status, part)
		}
		media = append(media, part)
	}
	return string(body), media
}

func tracks(names []string, scale uint32) (out []*media.Track) {
	for i, n := range names {
		out = append(out, mediatest.Track(n, i+1, scale))
	}
	return out
}

// show returns n seconds of tracks of these codecs.
func show(seconds int, scale uint32, names ...string) []*media.Unit {
	var all [][]*media.Unit
	for _, track := range tracks(names, scale) {
		n := seconds * 25
		if c, ok := track.Codec.(media.FramedCodec); ok && track.Codec.Kind() == media.Audio {
			n = seconds * c.SampleRate() / c.FrameSamples()
		}
		all = append(all, mediatest.Units(track, n, 0))
	}
	return mediatest.Interleave(all...)
}

// hashes returns the hashes of what ffmpeg makes of an address, by stream: of pictures decoded, of sound as it is.
func hashes(t testing.TB, args ...string) map[string][]string {
	t.Helper()
	out := mediatest.Run(t.(*testing.T), "ffmpeg", append(append([]string{"-v", "error"}, args...), "-f", "framemd5", "-")...)
	got := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		if !strings.HasPrefix(line, "#") && len(cells) >= 6 {
			got[cells[0]] = append(got[cells[0]], cells[5])
		}
	}
	return got
}

var (
	flvFormat = flv.Format{}
	mp4Format = mp4.Format{}
	aacFormat = aac.Format{}
	hlsFormat = hls.Format{}
)

func ready(a vod.Asset) rules.Event { return rules.Event{Type: rules.EventFileReady, At: a.CreateTime} }

// fresh is a server that knows nothing of any file.
func fresh() *view.Server {
	return &view.Server{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

func probe(t *testing.T, args ...string) []byte {
	t.Helper()
	return mediatest.Run(t, "ffprobe", append([]string{"-v", "error"}, args...)...)
}
