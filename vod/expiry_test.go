package vod_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
	"aircheck/vod"
)

// TestStorageTimeIsFixed: how long a file is kept is what its template said when the push began, also if a crash came in between.
func TestStorageTimeIsFixed(t *testing.T) {
	for name, killed := range map[string]bool{"stopped": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLibrary(t)
				service := &rules.Service{
					Store: l.Store, Formats: []string{"mp4", "hls"}, CleanDomain: func(s string) (string, error) { return s, nil },
					Changed: func(context.Context) error { return nil },
				}
				must(t, service.Reload(t.Context()))
				id, err := service.CreateTemplate(t.Context(), rules.Template{
					Name: "hour", Mp4: rules.FormatParam{Enable: true, RecordInterval: 1800, StorageTime: 3600}, Hls: rules.FormatParam{Enable: true, RecordInterval: 1800},
				})
				must(t, err)
				must(t, service.CreateRule(t.Context(), rules.Rule{RuleKey: rules.RuleKey{Domain: show.Domain}, TemplateID: id}))
				engine := &rules.Engine{Service: service, Log: slog.New(slog.DiscardHandler)}
				manager := func(dir string) *recorder.Manager {
					m := &recorder.Manager{
						Dir: dir, StorageID: storageID, SyncInterval: time.Second, Formats: formats(), OnFile: engine.Finished, Log: engine.Log,
					}
					must(t, m.Open())
					return m
				}
				dir := l.dir
				if killed {
					dir = t.TempDir()
				}
				m := manager(dir)
				engine.Record = m.Record
				hub := stream.Hub{Attach: engine.Attach}
				s, err := hub.Publish(stream.Publisher{Key: show, Protocol: "rtmp"})
				must(t, err)
				write := func(units []*media.Unit) {
					lent, done := mediatest.Lend(units)
					must(t, s.Write(lent))
					done()
				}
				units := mediatest.Pictures(mediatest.H264(1, 1000), 150, 0, 40)
				write(units[:100])
				time.Sleep(10 * time.Second)
				must(t, service.ModifyTemplate(t.Context(), id, func(t *rules.Template) error {
					t.Mp4.StorageTime, t.Hls.StorageTime = 60, 60
					return nil
				}))
				if killed {
					must(t, os.RemoveAll(l.dir))
					must(t, os.CopyFS(l.dir, os.DirFS(dir)))
					m.OnFile = nil
					s.End(stream.EndClient, "")
					again := manager(l.dir)
					n, err := again.Recover(t.Context())
					if n != 2 || err != nil {
						t.Error(n, err)
					}
					must(t, again.Close(context.WithoutCancel(t.Context())))
				} else {
					write(units[100:])
					s.End(stream.EndClient, "")
				}
				must(t, m.Close(context.WithoutCancel(t.Context())))
				must(t, service.ModifyTemplate(t.Context(), id, func(t *rules.Template) error { t.Mp4.StorageTime = 0; return nil }))
				page, err := l.Search(t.Context(), vod.Filter{Limit: 10})
				must(t, err)
				if len(page.Assets) != 2 {
					t.Fatal(page.Assets)
				}
				for _, a := range page.Assets {
					var want time.Time
					if a.Container == "mp4" {
						want = a.End.Add(time.Hour)
					}
					if !a.ExpireTime.Equal(want) || a.Recovered != killed {
						t.Errorf("%s, recovered %v: %v, want %v", a.Container, a.Recovered, a.ExpireTime, want)
					}
				}
			})
		})
	}
}
