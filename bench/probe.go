package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
)

// packets counts the packets in files with ffprobe, over all of them together.
func packets(ctx context.Context, files []string) (count, error) {
	var sum count
	for _, f := range files {
		out, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-count_packets",
			"-show_entries", "stream=codec_type,nb_read_packets", "-of", "json", f).Output()
		if err != nil {
			return count{}, fmt.Errorf("ffprobe %s: %w", f, err)
		}
		n, err := parsePackets(out)
		if err != nil {
			return count{}, fmt.Errorf("ffprobe %s: %w", f, err)
		}
		sum.Video += n.Video
		sum.Audio += n.Audio
	}
	return sum, nil
}

// parsePackets reads what ffprobe says of one file.
func parsePackets(b []byte) (count, error) {
	var said struct {
		Streams []struct {
			Type string `json:"codec_type"`
			N    string `json:"nb_read_packets"`
		}
	}
	if err := json.Unmarshal(b, &said); err != nil {
		return count{}, err
	}
	var sum count
	for _, s := range said.Streams {
		if s.N == "" { // a track that was announced, but has no packet
			continue
		}
		n, err := strconv.Atoi(s.N)
		if err != nil {
			return count{}, fmt.Errorf("number of packets: %w", err)
		}
		switch s.Type {
		case "video":
			sum.Video += n
		case "audio":
			sum.Audio += n
		}
	}
	return sum, nil
}

// verdict compares what was sent with what is on disk.
type verdict struct {
	streams, whole int
	// sent and lost are packets.
	sent, lost int
}

func (v verdict) String() string {
	if v.lost == 0 && v.whole == v.streams {
		return fmt.Sprintf("yes, %d packets in %d", v.sent, v.streams)
	}
	return fmt.Sprintf("no: %d of %d whole, %d of %d packets missing", v.whole, v.streams, v.lost, v.sent)
}

func (v *verdict) add(o verdict) {
	v.streams += o.streams
	v.whole += o.whole
	v.sent += o.sent
	v.lost += o.lost
}

// verify counts the packets of every nth stream.
func verify(ctx context.Context, s *server, res []pushed, nth int) (verdict, error) {
	var (
		mu     sync.Mutex
		sum    verdict
		failed error
		all    sync.WaitGroup
		slots  = make(chan struct{}, runtime.NumCPU())
	)
	for n := 0; n < len(res); n += nth {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			v, err := verifyStream(ctx, s, streamName(n), res[n].count)
			mu.Lock()
			defer mu.Unlock()
			sum.add(v)
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	return sum, failed
}

func verifyStream(ctx context.Context, s *server, stream string, sent count) (verdict, error) {
	files, err := s.files(stream)
	if err != nil {
		return verdict{}, err
	}
	got, err := packets(ctx, files)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{streams: 1, sent: sent.Video + sent.Audio}
	v.lost = max(0, sent.Video-got.Video) + max(0, sent.Audio-got.Audio)
	if got == sent {
		v.whole = 1
	}
	return v, nil
}
