package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"
)

// shown is what became of an address in a browser.
type shown struct {
	Ended    bool
	At, Ends float64
	Frames   int
	Errors   []string
}

// screen plays addresses one after the other with hls.js, and posts what became of each.
const screen = `<!doctype html><video muted width=320></video><script src="hls.js"></script><script>
const play = address => new Promise(done => {
	const v = document.querySelector('video'), h = new Hls(), errors = [];
	const end = ended => {
		const shown = {ended, at: v.currentTime, ends: v.duration || 0, frames: v.getVideoPlaybackQuality().totalVideoFrames, errors};
		v.onended = v.onerror = null;
		h.destroy();
		done(shown);
	};
	v.onended = () => end(true);
	v.onerror = () => { errors.push(v.error.message); end(false) };
	h.on(Hls.Events.ERROR, (_, e) => { if (e.fatal) { errors.push(e.type + ' ' + e.details); end(false) } });
	h.loadSource(address);
	h.attachMedia(v);
	v.defaultPlaybackRate = v.playbackRate = 8;
	h.on(Hls.Events.MANIFEST_PARSED, () => v.play());
});
(async () => {
	const all = [];
	for (const address of %s) all.push(await play(address));
	await fetch('shown', {method: 'POST', body: JSON.stringify(all)});
})();
</script>`

// watch has Chromium play playlists with the hls.js that the server brings.
func (s *instance) watch(addresses ...string) []shown {
	s.t.Helper()
	list, err := json.Marshal(addresses)
	if err != nil {
		s.t.Fatal(err)
	}
	_, library := s.get("/play/vendor/hls.js")
	seen := make(chan []shown, 1)
	pages := http.NewServeMux()
	pages.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, screen, list) })
	pages.HandleFunc("GET /hls.js", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(library) })
	pages.HandleFunc("POST /shown", func(_ http.ResponseWriter, r *http.Request) {
		var all []shown
		if err := json.NewDecoder(r.Body).Decode(&all); err != nil {
			s.t.Error(err)
		}
		seen <- all
	})
	page := httptest.NewServer(pages)
	defer page.Close()
	browser := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--autoplay-policy=no-user-gesture-required", "--user-data-dir="+s.t.TempDir(), page.URL)
	if err := browser.Start(); err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = browser.Process.Kill(); _ = browser.Wait() }()
	select {
	case all := <-seen:
		return all
	case <-time.After(time.Duration(1+len(addresses)) * patience):
		s.t.Fatal("the browser does not come to an end")
		return nil
	}
}

// TestPreciseClipsPlay: what was cut with encoded edges plays as HLS in a browser, stored as such or made of an MP4, whole or a part of it, picture by
// picture.
func TestPreciseClipsPlay(t *testing.T) {
	s := start(t)
	s.createRule("localhost", "live", "", s.createTemplate("mp4", 0, 3600))
	var addresses []string
	for i, more := range [][]string{nil, {"-profile:v", "baseline", "-bf", "0"}} {
		name := fmt.Sprintf("show%d", i)
		if err := s.push(clip(t, 10, more...), "live/"+name, false); err != nil {
			t.Fatal(err)
		}
		s.awaitFiles(".mp4", i+1)
		var id string
		eventually(t, "the recording", func() bool {
			for _, m := range s.searchStream(name) {
				if id = *m.FileId; *m.BasicInfo.Status == "Normal" {
					return true
				}
			}
			return false
		})
		for _, kind := range []string{"hls", "mp4"} {
			var cut struct{ Url, FileId, Method string }
			s.ask(&cut, "Action", "SimpleHlsClip", "Url", id, "StartTimeOffset", "1.4", "EndTimeOffset", "9.3", "IsPersistence", "1",
				"Precision", "precise", "OutputMediaType", kind)
			if cut.FileId == "" {
				t.Fatalf("%s: %+v", kind, cut)
			}
			address := playlistOf(t, s.local(cut.Url))
			if addresses = append(addresses, address); kind == "mp4" && i == 0 {
				addresses = append(addresses, address+"?start=2&end=5")
			}
		}
	}
	for i, got := range s.watch(addresses...) {
		pictures := len(packetHashes(t, addresses[i], "v"))
		// A browser that is busy leaves out some.
		if !got.Ended || len(got.Errors) > 0 || got.Frames < pictures/2 || pictures < 75 || got.At < got.Ends-0.1 {
			t.Errorf("%s: %d pictures, %+v", addresses[i], pictures, got)
		}
		if out, err := exec.Command("ffmpeg", "-v", "warning", "-xerror", "-i", addresses[i], "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", addresses[i], err, out)
		}
	}
}
