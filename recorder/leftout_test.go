package recorder

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// coded returns the units of tracks of these codecs, with IDs from 1 on.
func coded(seconds int, names ...string) []*media.Unit {
	var tracks [][]*media.Unit
	for i, name := range names {
		t := mediatest.Track(name, 1+i, 1000)
		n := 25 * seconds
		if c, ok := t.Codec.(media.FramedCodec); ok {
			n = c.SampleRate() * seconds / c.FrameSamples()
		}
		tracks = append(tracks, mediatest.Units(t, n, 0))
	}
	return mediatest.Interleave(tracks...)
}

// TestLeftOut records streams with tracks that some formats cannot carry, or not together: these are left out with a word, all of the others
// is there, and the other formats have all.
func TestLeftOut(t *testing.T) {
	const nothing = ""
	for _, test := range []struct {
		tracks string
		// want are the tracks in the files of each format, told what is said of those that are not.
		want map[string]string
		told map[string][]string
	}{
		{
			tracks: "vp8 g711a",
			want:   map[string]string{"flv": "vp8 g711a", "mp4": "vp8 g711a", "hls": nothing, "aac": nothing},
			told: map[string][]string{
				"hls": {
					"left_out_video: track 1 (vp8) is left out: hls cannot carry vp8",
					"left_out_audio: track 2 (g711a) is left out: hls cannot carry g711a",
					"start_failed: the stream has nothing so far that the format carries",
				},
				"aac": {
					"left_out_audio: track 2 (g711a) is left out: aac cannot carry g711a",
					"start_failed: the stream has nothing so far that the format carries",
				},
			},
		},
		{
			tracks: "h264 opus",
			want:   map[string]string{"flv": "h264 opus", "mp4": "h264 opus", "hls": "h264 opus"},
		},
		{
			tracks: "mp3 h265",
			want:   map[string]string{"mp4": "mp3 h265", "hls": "mp3 h265"},
		},
		{
			tracks: "h264 aac mp3 ac3",
			want:   map[string]string{"mp4": "h264 aac mp3 ac3", "hls": "h264 aac mp3 ac3", "aac": "aac"},
			told: map[string][]string{"aac": {
				"left_out_audio: track 3 (mp3) is left out: aac cannot carry mp3",
				"left_out_audio: track 4 (ac3) is left out: aac cannot carry ac3",
			}},
		},
		{
			tracks: "av1 aac aac",
			want:   map[string]string{"mp4": "av1 aac aac", "hls": "av1 aac aac", "aac": "aac"},
			told: map[string][]string{"aac": {
				"left_out_audio: track 3 (aac) is left out: codec not supported by this format: " +
					"an AAC file has room for one track, and track 3 (aac) is a second one after track 2",
			}},
		},
		{
			tracks: "h264 vp9",
			want:   map[string]string{"mp4": "h264 vp9", "hls": "h264 vp9"},
		},
		{
			tracks: "vp9 h264 vp8 opus g711u mp3",
			want:   map[string]string{"mp4": "vp9 h264 vp8 opus g711u mp3", "hls": "vp9 h264 opus mp3"},
			told: map[string][]string{"hls": {
				"left_out_video: track 3 (vp8) is left out: hls cannot carry vp8",
				"left_out_audio: track 5 (g711u) is left out: hls cannot carry g711u",
			}},
		},
	} {
		t.Run(test.tracks, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var c catalogue
				var told noticed
				dir := scratch(t)
				m := newManager(dir, &c)
				m.OnNotice = told.add
				open(t, m)
				var h stream.Hub
				var specs []Spec
				for format := range test.want {
					specs = append(specs, spec(format))
				}
				s := publish(t, m, &h, specs...)
				units := coded(8, strings.Fields(test.tracks)...)
				live(t, s, units)
				s.End(stream.EndClient, "")
				synctest.Wait()
				closeManager(t, m)
				for format, want := range test.want {
					if got := inFiles(t, dir, m, c.list(), format, units); got != want {
						t.Errorf("%s: %q, want %q", format, got, want)
					}
					if d := cmp.Diff(test.told[format], told.failures(format)); d != "" {
						t.Errorf("%s: %s", format, d)
					}
				}
			})
		})
	}
}

// failures returns what was told of a format but that it began and ended.
func (n *noticed) failures(format string) (out []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, x := range n.list {
		if x.Spec.Format == format && x.Kind != NoticeStarted && x.Kind != NoticeEnded && x.Kind != NoticeTracks {
			out = append(out, fmt.Sprintf("%s: %s", x.Kind, x.Detail))
		}
	}
	return out
}

// inFiles returns the codecs of the tracks in the files of a format, which must have as many units of each as were sent.
func inFiles(t *testing.T, dir string, m *Manager, files []File, format string, sent []*media.Unit) string {
	t.Helper()
	f := m.Formats[slices.IndexFunc(m.Formats, func(f container.Format) bool { return f.Name() == format })]
	var names []string
	counts := map[string]int{}
	for _, file := range files {
		if file.Spec.Format != format {
			continue
		}
		for _, tr := range file.Summary.Tracks {
			if id := fmt.Sprintf("%d %s", tr.Track.ID, tr.Track.Codec.Name()); !slices.Contains(names, id) && tr.Units > 0 {
				names = append(names, id)
			}
		}
		for _, u := range read(t, f, filepath.Join(dir, file.ObjectKey)) {
			counts[u.Track.Codec.Name()]++
		}
	}
	want := map[string]int{}
	for _, u := range sent {
		if slices.Contains(names, fmt.Sprintf("%d %s", u.Track.ID, u.Track.Codec.Name())) {
			want[u.Track.Codec.Name()]++
		}
	}
	if d := cmp.Diff(want, counts); d != "" {
		t.Errorf("%s: units %s", format, d)
	}
	slices.Sort(names)
	for i := range names {
		names[i] = names[i][2:]
	}
	return strings.Join(names, " ")
}

// TestNothingSoFar checks that a format that can carry nothing at first says so, once, and records what comes later.
func TestNothingSoFar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		var told noticed
		m := newManager(scratch(t), &c)
		m.OnNotice = told.add
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("hls"))
		sound := coded(20, "g711u")
		for _, u := range sound {
			u.Track.ID = 2
		}
		live(t, s, mediatest.Interleave(sound, mediatest.Pictures(mediatest.H264(1, 1000), 200, 12000, 40)))
		s.End(stream.EndClient, "")
		synctest.Wait()
		closeManager(t, m)
		want := []NoticeKind{NoticeLeftOutAudio, NoticeStartFailed, NoticeStarted, NoticeEnded}
		if d := cmp.Diff(want, told.kinds("hls")); d != "" {
			t.Error(d)
		}
		if files := c.list(); len(files) != 1 || files[0].Summary.Duration < 7*time.Second {
			t.Errorf("%+v", files)
		}
	})
}
