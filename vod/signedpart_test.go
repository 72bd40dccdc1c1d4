package vod_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aircheck/vod"
)

// TestSignedLists: where addresses must be signed, each list of parts can be played: what it names carries its signature.
func TestSignedLists(t *testing.T) {
	l := newLibrary(t)
	a := l.make(t, l.intake(1000), vod.Asset{Name: "a", Container: "mp4"}, "source")
	guard := &vod.Guard{Store: l.Store}
	must(t, guard.Reload(t.Context()))
	_, err := guard.Change(t.Context(), a.SubAppID, func(p *vod.Protection) error {
		p.Signed, p.Key, p.Lifetime = true, "24FEQmTzro4V5u3D5epW", time.Hour
		return nil
	})
	must(t, err)
	player := &vod.Player{Store: l.Store, Storages: l.Storages, Guard: guard, Log: l.Log}
	get := func(address string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		player.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		return w
	}
	for _, c := range []struct{ kind, contentType, list, want string }{
		{
			"webvtt", "text/vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nPART#xywh=0,0,9,9\n",
			"WEBVTT\n\n00:00.000 --> 00:01.000\nPARTQUERY#xywh=0,0,9,9\n",
		},
		{
			"adaptive", "application/vnd.apple.mpegurl",
			"#EXTM3U\n\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"PART\",NAME=\"n\"\n#EXT-X-MAP:URI=\"PART\",BYTERANGE=\"1@0\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\nPART\nPART?rendition=2\nPART",
			"#EXTM3U\n\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"PARTQUERY\",NAME=\"n\"\n#EXT-X-MAP:URI=\"PARTQUERY\",BYTERANGE=\"1@0\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nPARTQUERY\nPART?rendition=2MORE\nPARTQUERY\n",
		},
	} {
		t.Run(c.kind, func(t *testing.T) {
			target, err := l.Parts.Commit(t.Context(), l.part(t, a, vod.Part{Kind: vod.PartSprite, ContentType: "image/jpeg"}, "picture"))
			must(t, err)
			name := target[0].Name()
			list, err := l.Parts.Commit(t.Context(), l.part(t, a, vod.Part{Kind: vod.PartKind(c.kind), ContentType: c.contentType},
				strings.ReplaceAll(c.list, "PART", name)))
			must(t, err)
			address := guard.Address(a.SubAppID, vod.PartPath(a.ID, list[0].Name()))
			query := address[strings.IndexByte(address, '?'):]
			want := strings.NewReplacer("PART", name, "QUERY", query, "MORE", "&"+query[1:]).Replace(c.want)
			if w := get(address); w.Code != http.StatusOK || w.Body.String() != want {
				t.Errorf("%d\n%s\nwant\n%s", w.Code, w.Body, want)
			}
			if w := get(vod.PartPath(a.ID, name) + query); w.Code != http.StatusOK || w.Body.String() != "picture" {
				t.Error(w.Code, w.Body)
			}
			if w := get(vod.PartPath(a.ID, name)); w.Code != http.StatusForbidden {
				t.Error(w.Code, w.Body)
			}
		})
	}
}
