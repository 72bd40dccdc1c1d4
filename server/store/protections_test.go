package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"aircheck/vod"
)

func TestProtectionsAreKept(t *testing.T) {
	s := open(t)
	want := vod.Protection{
		SubAppID: 5, Signed: true, Key: "key12345", BackupKey: "key67890", Lifetime: time.Hour, RefererMode: vod.RefererBlack,
		Referers: []string{"a.example", "*.b.example"}, NoReferer: true, Origins: []string{"https://c.example"},
		UpdateTime: time.Now().UTC().Truncate(time.Microsecond),
	}
	for _, p := range []vod.Protection{want, {SubAppID: 0, UpdateTime: want.UpdateTime}} {
		if err := s.UpdateProtection(t.Context(), p.SubAppID, func(now *vod.Protection) error { *now = p; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	bad := errors.New("bad")
	err := s.UpdateProtection(t.Context(), 5, func(now *vod.Protection) error {
		if !reflect.DeepEqual(*now, want) {
			t.Errorf("%+v, want %+v", *now, want)
		}
		now.Key = "changed1"
		return bad
	})
	if !errors.Is(err, bad) {
		t.Error(err)
	}
	all, err := s.Protections(t.Context())
	if err != nil || len(all) != 2 || all[0].SubAppID != 0 || !reflect.DeepEqual(all[1], want) {
		t.Errorf("%+v, %v", all, err)
	}
}
