package vod_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/vod"
)

// TestSignedRenditions plays a protected recording of several tracks from its signed address alone: every address that a playlist names is good,
// and none is without the signature.
func TestSignedRenditions(t *testing.T) {
	// The second has no renditions: its playlist names its media.
	for names, least := range map[string]int{"vp9 opus mp3": 1 + 2*3, "vp9 opus": 2} {
		t.Run(names, func(t *testing.T) {
			l := newLibrary(t)
			var tracks []*media.Track
			for i, name := range strings.Fields(names) {
				tracks = append(tracks, mediatest.Track(name, 1+i, 1000))
			}
			p := newTape(t, l, tracks...)
			p.add(separateUnits(tracks, 0, 16)...)
			p.finish()
			guard := &vod.Guard{Store: l.Store}
			must(t, guard.Reload(t.Context()))
			_, err := guard.Change(t.Context(), 0, func(x *vod.Protection) error {
				x.Signed, x.Key, x.Lifetime = true, "24FEQmTzro4V5u3D5epW", time.Hour
				return nil
			})
			must(t, err)
			player := &vod.Player{Store: l.Store, Storages: l.Storages, Guard: guard, Log: l.Log}
			get := func(address string) *httptest.ResponseRecorder {
				w := httptest.NewRecorder()
				player.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
				return w
			}
			first := guard.Address(0, vod.PlayPath(p.done))
			base, err := url.Parse(first)
			must(t, err)
			seen := map[string]bool{}
			for todo := []string{first}; len(todo) > 0; todo = todo[1:] {
				at, err := base.Parse(todo[0])
				must(t, err)
				if seen[at.String()] {
					continue
				}
				seen[at.String()] = true
				w := get(at.String())
				if w.Code != http.StatusOK {
					t.Fatalf("%s: %d %s", at, w.Code, w.Body)
				}
				q := at.Query()
				q.Del("sign")
				unsigned := *at
				unsigned.RawQuery = q.Encode()
				if w := get(unsigned.String()); w.Code != http.StatusForbidden {
					t.Errorf("without a signature: %s: %d", unsigned.String(), w.Code)
				}
				if path.Ext(at.Path) == ".m3u8" {
					list := strings.ReplaceAll(w.Body.String(), `URI="`, "\n")
					for line := range strings.Lines(list) {
						if line = strings.TrimSpace(line); line != "" && line[0] != '#' && line[0] != ',' {
							line, _, _ = strings.Cut(line, `"`)
							todo = append(todo, line)
						}
					}
				}
			}
			if len(seen) < least {
				t.Errorf("only %d addresses", len(seen))
			}
		})
	}
}
