package api_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/rewind"
	"aircheck/server/api"
)

// held is a past of one session that is over.
type held []*media.Unit

func (h held) Stretches(_ media.StreamKey, from, to time.Time) ([]rewind.Stretch, error) {
	st := rewind.Stretch{SessionID: "session", Begin: h[0].Wall, End: h[len(h)-1].Wall, Units: func(time.Time) iter.Seq2[*media.Unit, error] {
		return func(yield func(*media.Unit, error) bool) {
			for _, u := range h {
				if c := *u; !yield(&c, nil) {
					return
				}
			}
		}
	}}
	if st.End.Before(from) || !st.Begin.Before(to) {
		return nil, nil
	}
	return []rewind.Stretch{st}, nil
}

// TestLegacyRecordOfThePast: CreateLiveRecord with a window that has passed cuts a clip of what is held, and refuses what is not.
func TestLegacyRecordOfThePast(t *testing.T) {
	files := make(chan recorder.File, 1)
	rec := &recorder.Manager{
		Dir: t.TempDir(), StorageID: "st", Log: slog.New(slog.DiscardHandler), Formats: []container.Format{flv.Format{}},
		OnFile: func(_ context.Context, f recorder.File) error { files <- f; return nil },
	}
	if err := rec.Open(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now().Add(-time.Minute).Truncate(time.Second)
	past := held(mediatest.Pictures(mediatest.H264(1, 1000), 750, 0, 40))
	for _, u := range past {
		u.Wall = begun.Add(u.Time())
	}
	feeder := &rewind.Feeder{Pasts: []rewind.Past{past}, Record: rec.RecordWindow, Log: slog.New(slog.DiscardHandler)}
	f := serve(t, func(a *api.API) { a.Tasks.Rewind = feeder })
	t.Cleanup(func() {
		for _, c := range []func(context.Context) error{feeder.Close, rec.Close} {
			if err := c(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	window := func(from, to time.Duration) string {
		beijing := time.FixedZone("", 8*60*60)
		return fmt.Sprintf(`{"StreamName":"cam","StartTime":%q,"EndTime":%q}`,
			begun.Add(from).In(beijing).Format(time.DateTime), begun.Add(to).In(beijing).Format(time.DateTime))
	}
	made := f.ok(t, live, "CreateLiveRecord", window(-10*time.Second, 20*time.Second))
	if fmt.Sprint(made["ActualStartTime"]) != fmt.Sprint(begun.Unix()) || made["Note"] == "" {
		t.Errorf("%+v", made)
	}
	got := <-files
	if !got.Start.Equal(begun) || got.End.Sub(begun.Add(20*time.Second)).Abs() > 50*time.Millisecond || got.Spec.Cause.ID != fmt.Sprint(made["TaskId"]) {
		t.Errorf("%+v", got)
	}
	f.refused(t, live, "CreateLiveRecord", window(-time.Hour, -time.Minute), "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecord", window(-25*time.Hour, 10*time.Second), "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecord", `{"StreamName":"cam","StartTime":"1970-01-01 08:00:00","EndTime":"1970-01-01 09:00:00"}`, "InvalidParameterValue")
}
