package view_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/vod"
)

// part is what a playlist of a part of a recording has: from when to when, where in it to start, and in how many segments if that is known.
type part struct {
	from, to, start float64
	n               int
}

// TestClipPlaylists cuts near to what is asked for, at segments of a recording that has its own, and tells where they begin and where to start.
func TestClipPlaylists(t *testing.T) {
	b := newBench(t)
	for name, a := range map[string]vod.Asset{
		"flv": b.add(t, record(t, flvFormat, show(30, 1000, "h264", "aac"))), "mp4": b.add(t, record(t, mp4Format, show(30, 90000, "h265", "aac"))),
		"hls": b.add(t, record(t, hlsFormat, show(30, 90000, "h264", "aac"))),
	} {
		for _, c := range []struct {
			query     string
			cut, grid part
		}{
			{"?start=7.5&end=13", part{7.2, 13, 0.3, 0}, part{6, 18, 1.5, 2}},
			{"?start=6.05", part{6, 30, 0.05, 0}, part{6, 30, 0.05, 4}},
			{"?end=6", part{0, 6, 0, 0}, part{0, 6, 0, 1}},
			{"?start=-5", part{24.8, 30, 0.2, 0}, part{24, 30, 1, 1}},
			{"?start=-13&end=-11", part{16.8, 19, 0.2, 0}, part{12, 24, 5, 2}},
			{"?start=20&end=1000", part{20, 30, 0, 0}, part{18, 30, 2, 2}},
			{"?start=8.5&end=9", part{8.4, 9, 0.1, 0}, part{6, 12, 2.5, 1}},
		} {
			want := c.cut
			if name == "hls" {
				want = c.grid
			}
			answer, body := get(t, http.MethodGet, b.m3u8(a)+c.query)
			if answer.StatusCode != http.StatusOK {
				t.Fatalf("%s %s: %s %s", name, c.query, answer.Status, body)
			}
			from, _ := strconv.ParseFloat(answer.Header.Get(vod.HeaderStart), 64)
			to, _ := strconv.ParseFloat(answer.Header.Get(vod.HeaderEnd), 64)
			_, line, _ := strings.Cut(string(body), "#EXT-X-START:TIME-OFFSET=")
			line, _, _ = strings.Cut(line, ",")
			start, _ := strconv.ParseFloat(line, 64)
			if off(from, want.from) || off(to, want.to) || off(start, want.start) || want.n > 0 && len(segments(body)) != want.n || !strings.HasSuffix(string(body), "#EXT-X-ENDLIST\n") {
				t.Errorf("%s %s: %v to %v, start %v\n%s", name, c.query, from, to, start, body)
			}
		}
		for query, status := range map[string]int{
			"?start=30.2": 416, "?start=10&end=10": 416, "?start=-5&end=5": 416, "?start=x": 400, "?end=nan": 400, "?start=1e300": 400, "?start=0x1p4": 400,
			"?start=1&start=2": 400,
		} {
			if answer, body := get(t, http.MethodGet, b.m3u8(a)+query); answer.StatusCode != status || len(body) < 10 {
				t.Errorf("%s %s: %s %s", name, query, answer.Status, body)
			}
		}
	}
}

// off reports whether two times differ by more than two frames.
func off(a, b float64) bool { return math.Abs(a-b) > 0.1 }

// TestClipFiles has shorter files read back, by the recorder's own reader and by ffmpeg.
func TestClipFiles(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		format container.Format
		scale  uint32
		codecs []string
	}{
		"mp4":      {mp4Format, 90000, []string{"h264", "aac"}},
		"mp4 h265": {mp4Format, 1000, []string{"h265", "opus"}},
		"flv":      {flvFormat, 1000, []string{"h264", "aac"}},
		"aac":      {aacFormat, 48000, []string{"aac"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, c.format, show(30, c.scale, c.codecs...))
			a := b.add(t, r)
			answer, body := get(t, http.MethodGet, b.file(a)+"?start=7.5&end=13")
			if answer.StatusCode != http.StatusOK {
				t.Fatal(answer.Status, string(body))
			}
			from, _ := strconv.ParseFloat(answer.Header.Get(vod.HeaderStart), 64)
			if from > 7.5 || from < 7.1 {
				t.Errorf("begins at %v", from)
			}
			n, seconds := 0, 0.0
			for u, err := range c.format.Read(bytes.NewReader(body), int64(len(body))) {
				must(t, err)
				n++
				seconds = max(seconds, u.Time().Seconds())
			}
			if off(seconds+from, 13) || n == 0 {
				t.Errorf("%d units, up to %v", n, seconds)
			}
			path := filepath.Join(t.TempDir(), "clip."+c.format.Name())
			must(t, os.WriteFile(path, body, 0o600))
			if got := hashes(t, "-i", path, "-map", "0:a"); len(got["0"]) < 200 {
				t.Errorf("%d frames of sound", len(got["0"]))
			}
			answer, _ = get(t, http.MethodHead, b.file(a)+"?start=10")
			if end, _ := strconv.ParseFloat(answer.Header.Get(vod.HeaderEnd), 64); off(end, 30) {
				t.Errorf("a part up to the end of 30 s ends at %v", end)
			}
			if c.format == mp4Format {
				seekable(t, b.file(a)+"?start=7.5&end=13", body)
			}
		})
	}
}

// seekable checks that an MP4 begins with its index, and is served in ranges.
func seekable(t *testing.T, url string, whole []byte) {
	t.Helper()
	if moov, mdat := bytes.Index(whole, []byte("moov")), bytes.Index(whole, []byte("mdat")); moov < 0 || moov > mdat {
		t.Errorf("moov is at %d, mdat at %d", moov, mdat)
	}
	answer, part := get(t, http.MethodGet, url, "Range", "bytes=1000-4999")
	if answer.StatusCode != http.StatusPartialContent || !bytes.Equal(part, whole[1000:5000]) || answer.Header.Get("ETag") == "" {
		t.Error(answer.Status, answer.Header)
	}
	answer, part = get(t, http.MethodHead, url)
	if answer.ContentLength != int64(len(whole)) || len(part) > 0 {
		t.Errorf("HEAD tells %d bytes of %d", answer.ContentLength, len(whole))
	}
}

// TestClipHasTheSamePictures has the pictures of a clip compared with those of the file.
func TestClipHasTheSamePictures(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, mp4Format, show(30, 90000, "h264", "aac")))
	whole := hashes(t, "-i", b.file(a), "-map", "0:v", "-fps_mode", "passthrough")["0"]
	clip := hashes(t, "-i", b.file(a)+"?start=8&end=12", "-map", "0:v", "-fps_mode", "passthrough")["0"]
	if len(clip) != 100 || !slices.Equal(clip, whole[200:300]) {
		t.Errorf("%d pictures", len(clip))
	}
}

// TestClipSegments has the pictures and the sound of a part compared with those of the file: they begin with the random access point before what
// was asked for, and end there, in transport streams as in fragments.
func TestClipSegments(t *testing.T) {
	b := newBench(t)
	for _, codec := range []string{"h264", "h265"} {
		a := b.add(t, record(t, mp4Format, show(30, 90000, codec, "aac")))
		for query, want := range map[string][2]int{"?start=8.1&end=12.5": {200, 313}, "?start=6.9&end=7.7": {170, 193}, "?start=29.5": {730, 750}} {
			whole := hashes(t, "-i", b.file(a), "-map", "0:v", "-fps_mode", "passthrough")["0"]
			clip := hashes(t, "-i", b.m3u8(a)+query, "-map", "0:v", "-fps_mode", "passthrough")["0"]
			// The last ones are cut in the order of decoding.
			if n := want[1] - want[0]; len(clip) != n || !slices.Equal(clip[:n-3], whole[want[0]:want[1]-3]) {
				t.Errorf("%s %s: %d pictures, or others than the %d", codec, query, len(clip), n)
			}
			sound := len(hashes(t, "-i", b.m3u8(a)+query, "-map", "0:a")["0"])
			if want := float64(want[1]-want[0]) * 48000 / 1024 / 25; math.Abs(float64(sound)-want) > 2 {
				t.Errorf("%s %s: %d frames of sound, not %.1f", codec, query, sound, want)
			}
		}
		_, list := get(t, http.MethodGet, b.m3u8(a))
		names := segments(list)
		address, name := path.Split(names[1])
		first, rest, _ := strings.Cut(name, "-")
		last, ext, _ := strings.Cut(rest, ".")
		begin, err := strconv.Atoi(first)
		must(t, err)
		end, err := strconv.Atoi(last)
		must(t, err)
		final, _, _ := strings.Cut(path.Base(names[len(names)-1]), "-")
		for name, status := range map[string]int{
			fmt.Sprintf("%d-%d", begin, end): 200, fmt.Sprintf("%d-%d", begin+400_000, end-400_000): 200, fmt.Sprintf("%d-%d", begin+410_000, end): 200,
			fmt.Sprintf("%d-%d", begin+400_000, end+1): 404, fmt.Sprintf("%d-%d", begin, begin): 404, fmt.Sprintf("%d-%d", begin+2, begin+1): 404,
			fmt.Sprintf("%d-end", begin): 404, fmt.Sprintf("0%d-%d", begin, end): 404, "-1-7000000": 404, "9223372036854775807-end": 404,
			final + "-end": 200, final + "-99000000": 404,
		} {
			if answer, _ := get(t, http.MethodGet, strings.TrimSuffix(b.m3u8(a), "x.m3u8")+address+name+"."+ext); answer.StatusCode != status {
				t.Errorf("%s: %s, not %d", name, answer.Status, status)
			}
		}
	}
}

// TestFastLayout serves the same media with the index in front, and the file itself to whoever keeps it.
func TestFastLayout(t *testing.T) {
	b := newBench(t)
	r := record(t, mp4Format, show(30, 90000, "h264", "aac"))
	a := b.add(t, r)
	_, plain := get(t, http.MethodGet, b.file(a))
	if sha256.Sum256(plain) != sha256.Sum256(r.done) {
		t.Error("the file is not what was recorded")
	}
	answer, fast := get(t, http.MethodGet, b.file(a), "Sec-Fetch-Dest", "video")
	if moov, mdat := bytes.Index(fast, []byte("moov")), bytes.Index(fast, []byte("mdat")); moov < 0 || moov > mdat || len(fast) != len(plain) {
		t.Errorf("moov at %d, mdat at %d, %d bytes of %d", moov, mdat, len(fast), len(plain))
	}
	tag := answer.Header.Get("ETag")
	if answer.Header.Get("Vary") == "" || tag == "" || !strings.Contains(tag, "fast") {
		t.Error(answer.Header)
	}
	want := unitsIn(t, mp4Format, plain)
	for codec, list := range unitsIn(t, mp4Format, fast) {
		near(t, codec, list, want[codec])
	}
	for _, at := range [][2]int{{0, 99}, {20, 5000}, {len(fast) / 2, len(fast)/2 + 70000}, {len(fast) - 10, len(fast) - 1}} {
		answer, part := get(t, http.MethodGet, b.file(a)+"?layout=fast", "Range", fmt.Sprintf("bytes=%d-%d", at[0], at[1]))
		if answer.StatusCode != http.StatusPartialContent || answer.Header.Get("ETag") != tag || !bytes.Equal(part, fast[at[0]:at[1]+1]) {
			t.Errorf("%v: %s", at, answer.Status)
		}
	}
	for _, plainly := range [][]string{{"?layout=plain", "Sec-Fetch-Dest", "video"}, {"?download=1", "Sec-Fetch-Dest", "video"}, {"", "Sec-Fetch-Dest", "document"}} {
		if _, got := get(t, http.MethodGet, b.file(a)+plainly[0], plainly[1:]...); !bytes.Equal(got, plain) {
			t.Errorf("%v is not the file", plainly)
		}
	}
}

// TestGrowing has the view follow a file that is being recorded, to its end.
func TestGrowing(t *testing.T) {
	for name, c := range map[string]struct {
		format container.Format
		scale  uint32
		codecs []string
	}{
		"flv": {flvFormat, 1000, []string{"h264", "aac"}}, "mp4": {mp4Format, 90000, []string{"h264", "aac"}}, "aac": {aacFormat, 48000, []string{"aac"}},
		"fmp4": {mp4Format, 48000, []string{"av1", "opus"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			r := record(t, c.format, show(40, c.scale, c.codecs...))
			live := r.asset(1, vod.StatusRecording)
			live.Duration, live.Size = 0, 0
			b.write(t, live.ObjectKey, r.growing[:200])
			must(t, b.AddRecording(t.Context(), live))
			if answer, body := get(t, http.MethodGet, b.m3u8(live)); answer.StatusCode == http.StatusOK {
				t.Errorf("nothing is there yet: %s", body)
			}
			var before []string
			seen := map[string][]byte{}
			for _, part := range []int{20, 35, 36, 60, 80, 99} {
				b.write(t, live.ObjectKey, r.growing[:len(r.growing)*part/100])
				answer, body := get(t, http.MethodGet, b.m3u8(live))
				if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "TYPE:EVENT") || strings.Contains(string(body), "ENDLIST") ||
					answer.Header.Get("Cache-Control") != "no-store" {
					t.Fatalf("%d%%: %s %s", part, answer.Status, body)
				}
				now := segments(body)
				if len(now) < len(before) || !slices.Equal(now[:len(before)], before) {
					t.Fatalf("%d%%: %v after %v", part, now, before)
				}
				for _, s := range now[len(before):] {
					answer, data := get(t, http.MethodGet, b.url+"/vod/1/"+s)
					if answer.StatusCode != http.StatusOK {
						t.Fatalf("%s: %s", s, answer.Status)
					}
					seen[s] = data
				}
				before = now
			}
			if len(before) < 5 {
				t.Errorf("only %v", before)
			}
			done := r.asset(1, vod.StatusNormal)
			done.ObjectKey, done.Size = "live/finished."+c.format.Name(), int64(len(r.done))
			b.write(t, done.ObjectKey, r.done)
			must(t, os.Remove(filepath.Join(b.dir, filepath.FromSlash(live.ObjectKey))))
			must(t, b.AddFile(t.Context(), done, ready(done)))
			playlist, parts := b.fetch(t, done, "")
			names := segments([]byte(playlist))
			if !slices.Equal(names[:len(before)], before) || !strings.Contains(playlist, "#EXT-X-ENDLIST") {
				t.Fatalf("%s after %v", playlist, before)
			}
			ext, want := filepath.Ext(names[0]), unitsIn(t, c.format, r.done)
			for codec, list := range unitsOf(t, ext, parts) {
				near(t, codec, list, want[codec])
			}
			for i, s := range before {
				if at := i + len(parts) - len(names); !bytes.Equal(seen[s], parts[at]) {
					t.Errorf("%s has changed: %d bytes, now %d", s, len(seen[s]), len(parts[at]))
				}
			}
			// A server that has not seen it grow finds the same units.
			b.player.Views = fresh()
			_, again := b.fetch(t, done, "")
			for codec, list := range unitsOf(t, ext, again) {
				near(t, codec+" anew", list, want[codec])
			}
		})
	}
}

// TestGap has a recording that was interrupted played without waiting for what does not come.
func TestGap(t *testing.T) {
	b := newBench(t)
	for _, f := range []container.Format{flvFormat, mp4Format} {
		first := show(15, 1000, "h264", "aac")
		second := show(15, 1000, "h264", "aac")
		var units []*media.Unit
		units = append(units, first...)
		for _, u := range second {
			later := *u
			later.Track = first[slices.IndexFunc(first, func(x *media.Unit) bool { return x.Track.ID == u.Track.ID })].Track
			later.DTS, later.PTS = u.DTS+45_000, u.PTS+45_000
			units = append(units, &later)
		}
		gap := vod.Gap{At: 15 * time.Second, Length: 30 * time.Second}
		a := b.add(t, record(t, f, units), func(a *vod.Asset) { a.Gaps = []vod.Gap{gap} })
		playlist, _ := b.fetch(t, a, "")
		if strings.Count(playlist, "#EXT-X-DISCONTINUITY") != 1 {
			t.Errorf("%s:\n%s", f.Name(), playlist)
		}
		sum := 0.0
		for line := range strings.Lines(playlist) {
			if rest, ok := strings.CutPrefix(line, "#EXTINF:"); ok {
				d, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), ","), 64)
				sum += d
			}
		}
		if math.Abs(sum-30) > 0.3 {
			t.Errorf("%s plays %v seconds:\n%s", f.Name(), sum, playlist)
		}
	}
}

// TestSlides has pictures that are seconds apart: nothing is missing between them.
func TestSlides(t *testing.T) {
	b := newBench(t)
	for _, f := range []container.Format{flvFormat, mp4Format} {
		units := mediatest.Intra(mediatest.Track("h264", 1, 1000), 20, 0, 2000)
		playlist, _ := b.fetch(t, b.add(t, record(t, f, units)), "")
		if strings.Contains(playlist, "DISCONTINUITY") || len(segments([]byte(playlist))) < 6 {
			t.Errorf("%s:\n%s", f.Name(), playlist)
		}
	}
}
