package ffmpeg

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// No input makes ffmpeg open anything else: each of these names a film that could be opened, and each is read as any of the formats.
func TestHostileInputs(t *testing.T) {
	r := newRunner()
	secret := movieFile(t).Name()
	for name, text := range map[string]string{
		"list":     "ffconcat version 1.0\nfile '" + secret + "'\n",
		"playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile:" + secret + "\n#EXT-X-ENDLIST\n",
		"dash":     `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>` + secret + `</BaseURL></Period></MPD>`,
		"nothing":  "",
		"short":    "FLV\x01",
	} {
		for _, format := range []string{"mov", "flv", "mpegts", "aac"} {
			out := newFile(t)
			err := r.Run(t.Context(), Job{
				Inputs:  []Input{{File: fileWith(t, []byte(text)), Format: format}},
				Outputs: []Output{{File: out, Args: []string{"-c", "copy", "-f", "nut"}}},
			})
			if !errors.Is(err, ErrFailed) {
				t.Errorf("%s as %s: %v", name, format, err)
			}
			if p, err := r.Probe(t.Context(), fileWith(t, []byte(text)), format); err == nil && p.Stream("video") != nil {
				t.Errorf("%s as %s shows %+v", name, format, p)
			}
		}
	}
	for _, format := range []string{"hls", "concat", "dash", "image2", "lavfi", "", "mov,hls"} {
		if err := r.Run(t.Context(), Job{Inputs: []Input{{File: movieFile(t), Format: format}}}); err == nil {
			t.Errorf("the format %q is read", format)
		}
	}
}

// A file that was cut short says so, or gives what there is of it.
func TestTruncatedInput(t *testing.T) {
	text, err := movie()
	if err != nil {
		t.Fatal(err)
	}
	err = newRunner().Run(t.Context(), Job{
		Inputs:  []Input{{File: fileWith(t, text[:len(text)/2]), Format: "mov"}},
		Outputs: []Output{{File: newFile(t), Args: []string{"-f", "null"}}},
	})
	if !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "moov atom not found") {
		t.Errorf("half a file: %v", err)
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte("frame=1\nout_time_us=1000000\nprogress=continue\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		p := &progress{duration: time.Second, tell: func(percent int) {
			if percent <= last || percent > 99 {
				t.Fatalf("%d follows %d", percent, last)
			}
			last = percent
		}}
		p.read(bytes.NewReader(text))
	})
}

func FuzzProbe(f *testing.F) {
	f.Add([]byte(`{"format":{"duration":"1.5","size":"10","bit_rate":"7"},"streams":[{"codec_type":"video","width":1,"avg_frame_rate":"25/1"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := parseProbe(text); err == nil && p.Duration < 0 {
			t.Fatalf("%+v", p)
		}
	})
}
