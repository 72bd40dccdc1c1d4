package view_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"aircheck/vod"
)

const (
	playKey = "24FEQmTzro4V5u3D5epW"
	soon    = time.Hour
)

// protect changes who may play.
func (b *bench) protect(t *testing.T, change func(*vod.Protection)) {
	t.Helper()
	_, err := b.guard.Change(t.Context(), 0, func(p *vod.Protection) error { change(p); return nil })
	must(t, err)
}

func keyed(p *vod.Protection) { p.Signed, p.Key = true, playKey }

// sign returns the query of a signed address of an asset.
func sign(a vod.Asset, valid time.Duration, more ...string) string {
	params := map[string]string{"t": strconv.FormatInt(time.Now().Add(valid).Unix(), 16), "us": "72d4cd1101"}
	q := url.Values{}
	for i := 0; i < len(more); i += 2 {
		params[more[i]] = more[i+1]
	}
	params["sign"] = vod.Sign(playKey, vod.PlayPrefix+a.ID.String()+"/", params)
	for k, v := range params {
		q.Set(k, v)
	}
	return "?" + q.Encode()
}

func (b *bench) status(t *testing.T, want int, url string, header ...string) string {
	t.Helper()
	answer, body := get(t, http.MethodGet, url, header...)
	if answer.StatusCode != want {
		t.Errorf("%s %q: %s %.200s", url, header, answer.Status, body)
	}
	if want >= 400 && len(body) < 10 {
		t.Errorf("%s: no reason: %q", url, body)
	}
	return string(body)
}

// TestKeyProtectsEverything wants signed addresses for the file, its playlist and its segments, and hands the signature on.
func TestKeyProtectsEverything(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, flvFormat, show(20, 1000, "h264", "aac")))
	native := b.add(t, record(t, hlsFormat, show(20, 90000, "h264", "aac")))
	b.protect(t, keyed)
	root := fmt.Sprintf("%s/vod/%s/", b.url, a.ID)
	for _, path := range []string{"x.flv", "x.m3u8", "seg/0-6000000.ts", "parts/cover.jpg"} {
		if body := b.status(t, 403, root+path); !strings.Contains(body, "signed") {
			t.Error(body)
		}
		b.status(t, 403, root+path+sign(native, soon))
		b.status(t, 403, root+path+sign(a, -soon))
		b.status(t, 403, root+path+sign(a, soon)+"0")
	}
	good := sign(a, soon)
	b.status(t, 200, root+"x.flv"+good)
	b.status(t, 404, root+"parts/cover.jpg"+good)
	playlist, parts := b.fetch(t, a, good)
	if len(parts) < 3 || strings.Count(playlist, "sign=") != len(parts) {
		t.Errorf("%s", playlist)
	}
	if got := unitsOf(t, ".ts", parts); len(got["h264"]) != 500 {
		t.Errorf("%d pictures", len(got["h264"]))
	}
	answer, _ := get(t, http.MethodGet, root+segments([]byte(playlist))[0])
	if !strings.Contains(answer.Header.Get("Cache-Control"), "private") {
		t.Error(answer.Header)
	}
	// What shows addresses signs them.
	for _, x := range []vod.Asset{a, native} {
		b.status(t, 200, b.url+b.guard.PlayPath(x))
	}
	body := b.status(t, 200, b.url+b.guard.PlayPath(native))
	for _, s := range segments([]byte(body)) {
		b.status(t, 206, fmt.Sprintf("%s/vod/%s/%s", b.url, native.ID, s), "Range", "bytes=0-99")
	}
	b.status(t, 403, fmt.Sprintf("%s/vod/%s/media.ts", b.url, native.ID), "Range", "bytes=0-99")
	for _, ffprobed := range []vod.Asset{a, native} {
		if got := hashes(t, "-i", b.url+strings.Replace(b.guard.PlayPath(ffprobed), ".flv", ".m3u8", 1), "-map", "0:v", "-c", "copy"); len(got["0"]) != 500 {
			t.Errorf("%d pictures of %s", len(got["0"]), ffprobed.Container)
		}
	}
	b.protect(t, func(p *vod.Protection) { p.Key, p.BackupKey = "another12345", playKey })
	b.status(t, 200, root+"x.flv"+good)
	b.protect(t, func(p *vod.Protection) { p.BackupKey = "" })
	b.status(t, 403, root+"x.flv"+good)
	b.protect(t, func(p *vod.Protection) { p.Signed = false })
	b.status(t, 200, root+"x.flv")
}

// TestPreview shows the first seconds of a recording and no more, in whatever form.
func TestPreview(t *testing.T) {
	b := newBench(t)
	b.protect(t, keyed)
	for _, r := range []recorded{
		record(t, flvFormat, show(20, 1000, "h264", "aac")), record(t, mp4Format, show(20, 90000, "h264", "aac")),
		record(t, aacFormat, show(20, 48000, "aac")), record(t, hlsFormat, show(20, 90000, "h264", "aac")),
	} {
		t.Run(r.format.Name(), func(t *testing.T) {
			a := b.add(t, r)
			good := sign(a, soon, "exper", "8")
			playlist := b.status(t, 200, b.m3u8(a)+good)
			if n := len(segments([]byte(playlist))); n != 2 || !strings.Contains(playlist, "ENDLIST") {
				t.Errorf("%s", playlist)
			}
			limit := 8.1
			if r.playlist != nil {
				limit = 12 // its segments are ranges of the file itself
				b.status(t, 416, fmt.Sprintf("%s/vod/%s/media.ts%s", b.url, a.ID, good), "Range", fmt.Sprintf("bytes=%d-", a.Size*9/10))
			} else {
				b.status(t, 403, fmt.Sprintf("%s/vod/%s/seg/%s%s", b.url, a.ID, third(t, b, a), good))
				if got := length(t, b.file(a)+good); got > limit || got < 7.8 {
					t.Errorf("the file has %v seconds", got)
				}
				b.status(t, 416, b.m3u8(a)+good+"&start=9")
			}
			if got := length(t, b.m3u8(a)+good); got > limit || got < 7.8 {
				t.Errorf("the playlist has %v seconds", got)
			}
		})
	}
}

// third is the name of the third segment.
func third(t *testing.T, b *bench, a vod.Asset) string {
	t.Helper()
	_, body := get(t, http.MethodGet, b.m3u8(a)+sign(a, soon))
	name, _, _ := strings.Cut(strings.TrimPrefix(segments(body)[2], "seg/"), "?")
	return name
}

// length is how many seconds of media ffprobe finds.
func length(t *testing.T, url string) float64 {
	t.Helper()
	out := probe(t, "-show_entries", "packet=pts_time", "-of", "json", url)
	var list struct {
		Packets []struct {
			PTS string `json:"pts_time"`
		}
	}
	must(t, json.Unmarshal(out, &list))
	first, last := math.Inf(1), math.Inf(-1)
	for _, p := range list.Packets {
		at, err := strconv.ParseFloat(p.PTS, 64)
		if err == nil {
			first, last = min(first, at), max(last, at)
		}
	}
	return last - first
}

func TestClientsAreLimited(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, aacFormat, show(8, 48000, "aac")))
	b.protect(t, keyed)
	b.guard.Client = func(r *http.Request) netip.Addr { return netip.MustParseAddr(r.Header.Get("X-From")) }
	good := b.file(a) + sign(a, soon, "rlimit", "2")
	for _, c := range []struct {
		from   string
		status int
	}{{"10.0.0.1", 200}, {"10.0.0.2", 200}, {"10.0.0.1", 200}, {"10.0.0.3", 403}, {"10.0.0.2", 200}} {
		b.status(t, c.status, good, "X-From", c.from)
	}
}

func TestWhoMayPlay(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, aacFormat, show(8, 48000, "aac")))
	b.protect(t, func(p *vod.Protection) { p.RefererMode, p.Referers = vod.RefererWhite, []string{"*.good.example"} })
	b.status(t, 200, b.file(a), "Referer", "https://www.good.example/page")
	b.status(t, 403, b.m3u8(a), "Referer", "https://bad.example/page")
	b.status(t, 403, b.m3u8(a))
	b.protect(t, func(p *vod.Protection) { p.RefererMode, p.Origins = vod.RefererAny, []string{"https://good.example"} })
	for origin, want := range map[string]string{"https://good.example": "https://good.example", "https://bad.example": "", "": ""} {
		for _, url := range []string{b.file(a), b.m3u8(a)} {
			for _, method := range []string{http.MethodGet, http.MethodOptions} {
				answer, _ := get(t, method, url, "Origin", origin)
				if got := answer.Header.Get("Access-Control-Allow-Origin"); got != want || answer.Header.Get("Vary") == "" {
					t.Errorf("%s %q: %q", method, origin, got)
				}
			}
		}
	}
	forbidden := b.add(t, record(t, aacFormat, show(8, 48000, "aac")), func(a *vod.Asset) { a.Forbidden = true })
	for _, url := range []string{b.file(forbidden), b.m3u8(forbidden), fmt.Sprintf("%s/vod/%s/seg/0-6000000.ts", b.url, forbidden.ID)} {
		if body := b.status(t, 403, url); !strings.Contains(body, "forbidden") {
			t.Error(body)
		}
	}
}

func TestDownloadNames(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, flvFormat, show(8, 1000, "h264", "aac")))
	for download, want := range map[string]string{
		"1": `attachment; filename="show 1.flv"`, "0": "", "": "", "my clip": `attachment; filename="my clip.flv"`, "my.flv": "attachment; filename=my.flv",
		"../../etc/passwd": "attachment; filename=.._.._etc_passwd.flv", "a\r\nX-Evil: 1": "attachment; filename=\"a__X-Evil: 1.flv\"",
		"日本": "attachment; filename*=utf-8''%E6%97%A5%E6%9C%AC.flv", strings.Repeat("é", 300): "attachment; filename*=utf-8''" + strings.Repeat("%C3%A9", 125) + ".flv",
	} {
		for _, part := range []string{"", "&start=1"} {
			answer, _ := get(t, http.MethodGet, b.file(a)+"?download="+url.QueryEscape(download)+part)
			if got := answer.Header.Get("Content-Disposition"); got != want || answer.Header.Get("X-Evil") != "" {
				t.Errorf("%q%s: %q, want %q", download, part, got, want)
			}
		}
	}
}

// TestHostileNames asks for segments that are none.
func TestHostileNames(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, flvFormat, show(8, 1000, "h264", "aac")))
	for _, name := range []string{
		"", "x", "-1.ts", "0-6000000.mp4", "0-6000000.m4s", "0-6000001.ts", "00-6000000.ts", "9223372036854775807-end.ts", "-5-end.ts", "0-end.ts", "0-.ts",
		"init.mp4", "..%2F..%2Fx.flv", "6000000-end.ts%00", "%ff.ts", "0-6000000.ts/x", strings.Repeat("9", 5000) + "-end.ts",
	} {
		answer, body := get(t, http.MethodGet, fmt.Sprintf("%s/vod/%s/seg/%s", b.url, a.ID, name))
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("%.40q: %s %.80s", name, answer.Status, body)
		}
	}
}

// TestInsider lets whoever is told apart play what is for certain pages and signed addresses only, but not what was forbidden.
func TestInsider(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, flvFormat, show(4, 1000, "h264", "aac")))
	b.guard.Insider = func(r *http.Request) bool { return r.Header.Get("Cookie") == "inside" }
	b.protect(t, func(p *vod.Protection) {
		keyed(p)
		p.RefererMode, p.Referers, p.Origins = vod.RefererWhite, []string{"www.example.com"}, []string{"https://www.example.com"}
	})
	root := fmt.Sprintf("%s/vod/%s/", b.url, a.ID)
	for _, path := range []string{"x.flv", "x.m3u8"} {
		b.status(t, 403, root+path)
		b.status(t, 200, root+path, "Cookie", "inside")
		b.status(t, 200, root+path+sign(a, -soon), "Cookie", "inside") // one that has ended
	}
	// Caches in front must not hand on to others what is not at an address that only some have.
	_, list := get(t, http.MethodGet, root+"x.m3u8", "Cookie", "inside")
	answer, _ := get(t, http.MethodGet, root+segments(list)[0], "Cookie", "inside")
	if got := answer.Header.Get("Cache-Control"); answer.StatusCode != 200 || got != "private, max-age=3600" {
		t.Errorf("%s %q", answer.Status, got)
	}
	forbidden := b.add(t, record(t, aacFormat, show(8, 48000, "aac")), func(a *vod.Asset) { a.Forbidden = true })
	b.status(t, 403, fmt.Sprintf("%s/vod/%s/x.aac", b.url, forbidden.ID), "Cookie", "inside")
}
