package recorder

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// noticed collects notices.
type noticed struct {
	mu   sync.Mutex
	list []Notice
}

func (n *noticed) add(x Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, x)
}

// kinds returns what was told of a format, each run of one kind as one.
func (n *noticed) kinds(format string) (out []NoticeKind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, x := range n.list {
		if x.Spec.Format == format {
			out = append(out, x.Kind)
		}
	}
	return slices.Compact(out)
}

func (n *noticed) of(kind NoticeKind) (out []Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, x := range n.list {
		if x.Kind == kind {
			out = append(out, x)
		}
	}
	return out
}

// live writes units as they would come in real time.
func live(t *testing.T, s *stream.Stream, units []*media.Unit) {
	t.Helper()
	for batch := range slices.Chunk(units, 20) {
		write(t, s, batch, 20)
		time.Sleep(200 * time.Millisecond)
	}
}

// TestNotices records what is remarkable in one way or another, and checks what is told of it, in which order.
func TestNotices(t *testing.T) {
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	tests := map[string]struct {
		expected stream.Expected
		units    []*media.Unit
		want     map[string][]NoticeKind
	}{
		"nothing": {
			units: show(3*time.Second, 0),
			want:  map[string][]NoticeKind{"flv": {NoticeStarted, NoticeEnded}, "hls": {NoticeStarted, NoticeEnded}},
		},
		"no media": {want: map[string][]NoticeKind{"flv": nil}},
		"nothing for the format": {
			units: mediatest.Pictures(video, 75, 0, 40),
			want:  map[string][]NoticeKind{"aac": {NoticeStartFailed}, "flv": {NoticeStarted, NoticeEnded}},
		},
		"another codec with pictures of another size": {
			units: append(mediatest.Pictures(video, 50, 0, 40), mediatest.Pictures(mediatest.H265(1, 1000), 50, 2000, 40)...),
			want: map[string][]NoticeKind{
				"mp4": {NoticeStarted, NoticeResolution, NoticeParameters, NoticeEnded},
				"hls": {NoticeStarted, NoticeResolution, NoticeParameters, NoticeEnded}, // another carrier: another file
			},
		},
		"other sound": {
			units: append(sound(audio, 2*time.Second, 0), sound(mediatest.OtherAAC(2, 1000), 2*time.Second, 2000)...),
			want: map[string][]NoticeKind{
				"flv": {NoticeStarted, NoticeParameters, NoticeEnded},
				"hls": {NoticeStarted, NoticeEnded}, // goes on
			},
		},
		"sound that comes late": {
			units: mediatest.Interleave(mediatest.Pictures(video, 150, 0, 40), sound(audio, 3*time.Second, 3000)),
			want:  map[string][]NoticeKind{"flv": {NoticeStarted, NoticeTracks, NoticeEnded}},
		},
		"pictures go back": {
			units: append(show(3*time.Second, 60000), show(3*time.Second, 0)...),
			want: map[string][]NoticeKind{
				"flv": {NoticeStarted, NoticeVideoJump, NoticeEnded},
				"hls": {NoticeStarted, NoticeVideoJump, NoticeEnded},
			},
		},
		"sound goes back": {
			units: append(sound(audio, 3*time.Second, 60000), sound(audio, 3*time.Second, 0)...),
			want:  map[string][]NoticeKind{"aac": {NoticeStarted, NoticeAudioJump, NoticeEnded}},
		},
		"far apart": {
			units: shift(mediatest.Interleave(mediatest.Pictures(video, 150, 0, 40), sound(audio, 6*time.Second, 0)), media.Audio, 30000),
			want:  map[string][]NoticeKind{"flv": {NoticeStarted, NoticeSkew, NoticeEnded}},
		},
		"pictures rest": {
			units: append(show(2*time.Second, 0), sound(audio, 9*time.Second, 2000)...),
			want:  map[string][]NoticeKind{"flv": {NoticeStarted, NoticeEnded}},
		},
		"no sound though promised": {
			expected: stream.Expected{Known: true, Video: true, Audio: true},
			units:    mediatest.Pictures(video, 100, 0, 40),
			want:     map[string][]NoticeKind{"flv": {NoticeStarted, NoticeNoAudio, NoticeEnded}, "aac": {NoticeStartFailed}},
		},
		"no pictures though promised": {
			expected: stream.Expected{Known: true, Video: true, Audio: true},
			units:    sound(audio, 4*time.Second, 0),
			want:     map[string][]NoticeKind{"flv": {NoticeStarted, NoticeNoVideo, NoticeEnded}, "aac": {NoticeStarted, NoticeEnded}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var c catalogue
				var told noticed
				m := newManager(scratch(t), &c)
				m.OnNotice = told.add
				open(t, m)
				var h stream.Hub
				var specs []Spec
				for format := range test.want {
					specs = append(specs, spec(format))
				}
				s := publish(t, m, &h, specs...)
				s.Expect(test.expected)
				live(t, s, test.units)
				s.End(stream.EndClient, "")
				synctest.Wait()
				closeManager(t, m)
				for format, want := range test.want {
					if d := cmp.Diff(want, told.kinds(format)); d != "" {
						t.Errorf("%s: %s", format, d)
					}
				}
				for _, n := range told.list {
					if n.Spec.SessionID != s.ID || n.Count != 1 || n.At.IsZero() || n.Kind == NoticeEnded && n.Detail != string(CutStreamEnd) {
						t.Errorf("%+v", n)
					}
				}
			})
		})
	}
}

// shift moves the times of one kind of units, in milliseconds.
func shift(units []*media.Unit, kind media.Kind, by int64) (out []*media.Unit) {
	for _, u := range units {
		c := *u
		if c.Track.Codec.Kind() == kind {
			c.DTS, c.PTS = c.DTS+by, c.PTS+by
		}
		out = append(out, &c)
	}
	return out
}

// TestNoticeOfARefusal: a recording that cannot be started is told.
func TestNoticeOfARefusal(t *testing.T) {
	var c catalogue
	var told noticed
	m := newManager(t.TempDir(), &c)
	m.OnNotice = told.add
	var h stream.Hub
	s, err := h.Publish(stream.Publisher{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Record(spec("flv"), s); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	h.Close()
	if len(told.list) != 1 || told.list[0].Kind != NoticeStartFailed || told.list[0].Spec.Key != key {
		t.Errorf("%+v", told.list)
	}
}

// TestToldInOrder checks every order of states: each is told once, and none after the end.
func TestToldInOrder(t *testing.T) {
	const states = "sfpre" // started, start failed, paused, resumed, ended
	kinds := map[rune]NoticeKind{
		's': NoticeStarted, 'f': NoticeStartFailed, 'p': NoticePaused, 'r': NoticeResumed, 'e': NoticeEnded,
	}
	tests := map[string]string{
		"se": "se", "sse": "se", "spre": "spre", "sppse": "spre", "fse": "fse", "ffe": "f", "e": "", "p": "f", "pe": "f", "r": "s", "sfse": "spre",
		"seespr": "se", "spe": "spe",
	}
	names := map[NoticeKind]rune{}
	for r, k := range kinds {
		names[k] = r
	}
	for in, want := range tests {
		var x told
		var got strings.Builder
		for _, r := range in {
			if kind, ok := x.next(kinds[r]); ok {
				got.WriteRune(names[kind])
			}
		}
		if got.String() != want || strings.Trim(in, states) != "" {
			t.Errorf("%s: %s, want %s", in, got.String(), want)
		}
	}
}

// TestNoticesOfASplice: a recording that waits for its publisher is paused, and one recording for those who hear of it, whatever pushes
// it is made of.
func TestNoticesOfASplice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		var told noticed
		m := newManager(scratch(t), &c)
		m.OnNotice = told.add
		open(t, m)
		var h stream.Hub
		sp := spec("hls")
		sp.FlowContinueDuration = time.Minute
		var first string
		for i := range int64(3) {
			s := publish(t, m, &h, sp)
			if first == "" {
				first = s.ID
			}
			live(t, s, show(3*time.Second, i*100000))
			s.End(stream.EndClient, "")
			time.Sleep(10 * time.Second)
		}
		time.Sleep(2 * time.Minute)
		closeManager(t, m)
		want := []NoticeKind{NoticeStarted, NoticePaused, NoticeResumed, NoticePaused, NoticeResumed, NoticePaused, NoticeEnded}
		if d := cmp.Diff(want, told.kinds("hls")); d != "" {
			t.Error(d)
		}
		for _, n := range told.list {
			if n.Session != first && (n.Session != "" || n.Spec.SessionID != first) {
				t.Errorf("%s of session %s, which began as %q", n.Kind, n.Spec.SessionID, n.Session)
			}
		}
	})
}
