package api_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"testing"

	"aircheck/server/api"
	"aircheck/vod"
)

// TestHashOnRequest: who asks for a file's details has its hash computed; searching, and what cannot be hashed, does not.
func TestHashOnRequest(t *testing.T) {
	var hasher *vod.Hasher
	var mu sync.Mutex
	var wanted []vod.FileID
	f := serve(t, func(a *api.API) {
		hasher = &vod.Hasher{Store: a.Catalog.Store, Storages: a.Catalog.Storages, OnRequest: true, Log: a.Log}
		a.WantHash = func(ids ...vod.FileID) {
			mu.Lock()
			wanted = append(wanted, ids...)
			mu.Unlock()
			hasher.Want(ids...)
		}
	})
	bare := func(n int) vod.Asset {
		a := asset(n)
		a.SHA256, a.Size = "", 1
		return a
	}
	other := bare(4)
	other.SubAppID = 5
	f.add(t, asset(0), bare(1), bare(2), bare(3), other)
	f.record(t, recording(5))
	hasher.Start()
	defer hasher.Close()

	f.ok(t, vodv, "SearchMedia", `{"FileIds":["1001"]}`)
	f.ok(t, vodv, "DescribeMediaInfos", `{"FileIds":["1001"],"Filters":["basicInfo"]}`)
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1003"}`)
	const describe = `{"FileIds":["1005","1002","1000","1003","1004","1001","77"]}`
	sums := func() (out []any) {
		for _, m := range f.ok(t, vodv, "DescribeMediaInfos", describe)["MediaInfoSet"].([]any) {
			out = append(out, m.(map[string]any)["MetaData"].(map[string]any)["Sha256"])
		}
		return out
	}
	mu.Lock()
	if wanted != nil {
		t.Error("nobody asked for", wanted)
	}
	mu.Unlock()
	sums()
	mu.Lock()
	if want := []vod.FileID{1002, 1001}; !slices.Equal(wanted, want) {
		t.Errorf("wanted %v, want %v", wanted, want)
	}
	mu.Unlock()
	x := fmt.Sprintf("%x", sha256.Sum256([]byte("x")))
	got := sums()
	for ; slices.Contains(got[1:], ""); got = sums() { // until the job has done it
	}
	if want := []any{"", x, "abc", x}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	mu.Lock()
	wanted = nil
	mu.Unlock()
	sums()
	mu.Lock()
	defer mu.Unlock()
	if wanted != nil {
		t.Error("asked for again:", wanted)
	}
}
