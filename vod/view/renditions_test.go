package view_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"aircheck/vod"
)

// addSeparate catalogues a recording of 20 s whose tracks players want one by one.
func (b *bench) addSeparate(t *testing.T) vod.Asset {
	t.Helper()
	return b.add(t, record(t, hlsFormat, show(20, 1000, "vp9", "opus", "mp3")), func(a *vod.Asset) {
		a.ObjectKey = strings.TrimSuffix(a.ObjectKey, ".ts") + ".mp4"
	})
}

// named are the addresses in a playlist and in its tags.
func named(t *testing.T, from, playlist string) (out []string) {
	t.Helper()
	base, err := url.Parse(from)
	must(t, err)
	for line := range strings.Lines(playlist) {
		line = strings.TrimSpace(line)
		if _, uri, ok := strings.Cut(line, `URI="`); ok {
			line, _, _ = strings.Cut(uri, `"`)
		}
		if line == "" || line[0] == '#' {
			continue
		}
		at, err := base.Parse(line)
		must(t, err)
		out = append(out, at.String())
	}
	return out
}

// lasts adds up what the entries of a playlist last, in seconds.
func lasts(t *testing.T, playlist string) (sum float64) {
	t.Helper()
	for _, m := range regexp.MustCompile(`#EXTINF:([0-9.]+)`).FindAllStringSubmatch(playlist, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		must(t, err)
		sum += n
	}
	return sum
}

// lists returns the playlists of the renditions that a master playlist names, by their address.
func (b *bench) lists(t *testing.T, address string) map[string]string {
	t.Helper()
	master := b.status(t, 200, address)
	if !strings.Contains(master, "#EXT-X-STREAM-INF") || strings.Count(master, "TYPE=AUDIO") != 2 {
		t.Fatalf("%s is no master playlist:\n%s", address, master)
	}
	out := map[string]string{}
	for _, at := range named(t, address, master) {
		out[at] = b.status(t, 200, at)
	}
	if len(out) != 3 {
		t.Errorf("%d renditions:\n%s", len(out), master)
	}
	return out
}

// TestRangesOfRenditions: a part of a recording with several tracks of a kind has them one by one as well, each as long as was asked for.
func TestRangesOfRenditions(t *testing.T) {
	b := newBench(t)
	a := b.addSeparate(t)
	for name, query := range map[string]string{"open": "?", "signed": sign(a, soon) + "&"} {
		t.Run(name, func(t *testing.T) {
			b.protect(t, func(p *vod.Protection) { p.Signed, p.Key = name == "signed", playKey })
			for at, list := range b.lists(t, b.m3u8(a)+query+"start=7&end=11") {
				if d := lasts(t, list); d < 4 || d > 17 || !strings.HasSuffix(list, "#EXT-X-ENDLIST\n") || !strings.Contains(list, "#EXT-X-START:TIME-OFFSET=") {
					t.Errorf("%s has %v s:\n%s", at, d, list)
				}
				for _, part := range named(t, at, list) {
					if b.status(t, 200, part); strings.HasSuffix(part, "&") {
						t.Error(part)
					}
				}
			}
			b.status(t, 416, b.m3u8(a)+query+"start=30")
			b.status(t, 416, b.m3u8(a)+query+"start=30&rendition=2")
			b.status(t, 404, b.m3u8(a)+query+"start=7&rendition=4")
		})
	}
}

// TestRangesOfGrowingRenditions: from a time on, a recording goes on in each of them, up to the last entry that is whole.
func TestRangesOfGrowingRenditions(t *testing.T) {
	b := newBench(t)
	r := record(t, hlsFormat, show(20, 1000, "vp9", "opus", "mp3"))
	a := r.asset(1, vod.StatusRecording)
	a.ObjectKey, a.Duration = strings.TrimSuffix(a.ObjectKey, ".ts")+".mp4", 0
	b.write(t, a.ObjectKey, r.done)
	list := strings.NewReplacer("TYPE:VOD", "TYPE:EVENT", "#EXT-X-ENDLIST\n", "").Replace(string(r.playlist))
	b.write(t, a.PlaylistKey, []byte(list+"#EXTINF:6.00"))
	must(t, b.AddRecording(t.Context(), a))
	for at, list := range b.lists(t, b.m3u8(a)+"?start=7") {
		if d := lasts(t, list); d < 13 || d > 15 || strings.Contains(list, "ENDLIST") || !strings.Contains(list, "TYPE:EVENT") {
			t.Errorf("%s has %v s:\n%s", at, d, list)
		}
		for _, part := range named(t, at, list) {
			b.status(t, 200, part)
		}
	}
}

// TestPreviewOfRenditions: of no track more is shown than of the recording.
func TestPreviewOfRenditions(t *testing.T) {
	b := newBench(t)
	a := b.addSeparate(t)
	b.protect(t, keyed)
	all, some := sign(a, soon), sign(a, soon, "exper", "5")
	for at, list := range b.lists(t, b.m3u8(a)+some) {
		if d := lasts(t, list); d < 5 || d > 11 || !strings.HasSuffix(list, "#EXT-X-ENDLIST\n") {
			t.Errorf("%s has %v s:\n%s", at, d, list)
		}
		for _, part := range named(t, at, list) {
			b.status(t, 200, part)
		}
	}
	swap, err := url.ParseQuery(some[1:])
	must(t, err)
	for at, list := range b.lists(t, b.m3u8(a)+all) {
		parts := named(t, at, list)
		u, err := url.Parse(parts[len(parts)-1])
		must(t, err)
		q := u.Query()
		for k := range swap {
			q.Set(k, swap.Get(k))
		}
		u.RawQuery = q.Encode()
		answer, body := get(t, http.MethodGet, u.String())
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("the last part is given out to who may see the first: %s: %s, %d bytes", u, answer.Status, len(body))
		}
	}
	answer, body := get(t, http.MethodGet, fmt.Sprintf("%s/vod/%s/media.mp4%s", b.url, a.ID, some))
	if answer.StatusCode != http.StatusOK || len(body) == 0 || int64(len(body)) > a.Size*2/3 {
		t.Errorf("%s, %d bytes of %d", answer.Status, len(body), a.Size)
	}
}
