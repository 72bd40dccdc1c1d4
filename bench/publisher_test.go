package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// received is what a listener got: messages by type, and the largest of each.
type received struct {
	n, largest map[byte]int
	err        error
}

// receive takes one connection and reads the chunks of a raw publisher.
func receive(l net.Listener) received {
	got := received{n: map[byte]int{}, largest: map[byte]int{}}
	conn, err := l.Accept()
	if err != nil {
		got.err = err
		return got
	}
	defer func() { _ = conn.Close() }()
	r := newChunkReader(conn)
	r.size = chunkSize
	for {
		kind, body, err := r.message()
		if err == io.EOF {
			return got
		}
		if err != nil {
			got.err = err
			return got
		}
		got.n[kind]++
		got.largest[kind] = max(got.largest[kind], len(body))
	}
}

// TestPublish publishes two and a half rounds of a clip, with pictures filled up, through a proxy.
func TestPublish(t *testing.T) {
	clip := filepath.Join(t.TempDir(), "clip.flv")
	if err := os.WriteFile(clip, flvFile(), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	done := make(chan received, 1)
	go func() { done <- receive(l) }()
	far, err := startProxy(l.Addr().String(), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer far.close()
	const picture = 10_000
	res, err := publish(context.Background(), job{
		Address: far.address(), Raw: true, Clip: clip, Streams: 1, Media: 2500 * time.Millisecond, Picture: picture,
	})
	if err != nil || res[0].Err != "" {
		t.Fatal(err, res)
	}
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	if want := (count{Video: 63, Audio: 63}); res[0].count != want {
		t.Errorf("it says it sent %+v, want %+v", res[0].count, want)
	}
	if got.n[tagVideo] != 63+1 || got.n[tagAudio] != 63+1 || got.n[tagData] != 1 {
		t.Errorf("%v arrived, by type, with a configuration each", got.n)
	}
	if got.largest[tagVideo] != picture || got.largest[tagAudio] != 3 {
		t.Errorf("the largest have %v bytes", got.largest)
	}
	if want := int64(63*picture + 5 + 63*3 + 3 + 3 + (64+64+1)*tagFrame); res[0].Bytes != want {
		t.Errorf("it says it sent %d bytes, want %d", res[0].Bytes, want)
	}
}

func TestHistory(t *testing.T) {
	start := time.Unix(1000, 0)
	h := history{{start, 5}, {start.Add(time.Second), 7}}
	for after, want := range map[time.Duration]int64{-1: 0, 0: 5, time.Second - 1: 5, time.Second: 7, time.Hour: 7} {
		if got := h.at(start.Add(after)); got != want {
			t.Errorf("after %v: %d, want %d", after, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	all, err := choose("")
	if err != nil || len(all) != len(scenarios()) {
		t.Errorf("%d scenarios, %v", len(all), err)
	}
	some, err := choose("kill,floor")
	if err != nil || len(some) != 2 || some[0].name != "kill" || some[1].name != "floor" {
		t.Errorf("%v, %v", some, err)
	}
	if _, err := choose("kill,none"); err == nil {
		t.Error("an unknown scenario is not told")
	}
}
