package api

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"aircheck/vod"
)

// PlayURLRequest is the request of DescribeMediaPlayUrl.
type PlayURLRequest struct {
	FileID          string  `json:"FileId" required:"true" doc:"The file; it may still be recorded."`
	SubAppID        uint64  `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Format          string  `json:"Format" doc:"original (default): the file as it was recorded; hls: a playlist of it, whatever its format."`
	StartTimeOffset float64 `json:"StartTimeOffset" doc:"Where what is shown begins, in seconds: at the random access point at or before it. Default 0."`
	EndTimeOffset   float64 `json:"EndTimeOffset" doc:"Where it ends, in seconds. Default 0: the end."`
	Lifetime        uint64  `json:"Lifetime" doc:"How long the address is good, in seconds, at most ten years; of meaning only with key hotlink protection. Default 0: as other addresses."`
}

// PlayURLResponse is the answer of DescribeMediaPlayUrl.
type PlayURLResponse struct {
	URL        string `json:"Url" doc:"The address."`
	ExpireTime string `json:"ExpireTime" doc:"When it ends; ISO 8601, UTC. Empty: it is good as long as the file is there, because addresses need no signature."`
}

func (a *API) playURLActions() []action {
	return []action{
		row("DescribeMediaPlayUrl", versionVod, reads, "Tells an address to hand on: of a file or of a part of it, good as long as wanted. An addition of this server.", a.describePlayURL),
	}
}

func (a *API) describePlayURL(ctx context.Context, c *Caller, q *PlayURLRequest) (*PlayURLResponse, error) {
	app := signed(q.SubAppID)
	ids, err := parseIDs("FileId", []string{q.FileID})
	if err != nil {
		return nil, err
	}
	found, err := a.Catalog.Get(ctx, ids)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].SubAppID != app || found[0].ObjectKey == "" {
		return nil, fmt.Errorf("file %s: %w", q.FileID, vod.ErrNotFound)
	}
	path, err := q.path(&found[0])
	if err != nil {
		return nil, err
	}
	if q.Lifetime > uint64(vod.MaxLifetime/time.Second) {
		return nil, &vod.InvalidError{Field: "Lifetime", Reason: "must be at most ten years"}
	}
	address, ends := a.Guard.AddressFor(app, path, time.Duration(q.Lifetime)*time.Second)
	if part := q.part(); part != "" {
		sign := "?"
		if strings.Contains(address, "?") {
			sign = "&"
		}
		address += sign + part
	}
	return &PlayURLResponse{URL: c.BaseURL + address, ExpireTime: optionalTime(ends)}, nil
}

// path is where the file is played in the format that is wanted.
func (q *PlayURLRequest) path(f *vod.Asset) (string, error) {
	if !(q.StartTimeOffset >= 0 && q.StartTimeOffset <= math.MaxInt32) {
		return "", &vod.InvalidError{Field: "StartTimeOffset", Reason: "must be 0 or more seconds"}
	}
	if q.EndTimeOffset != 0 && !(q.EndTimeOffset > q.StartTimeOffset && q.EndTimeOffset <= math.MaxInt32) {
		return "", &vod.InvalidError{Field: "EndTimeOffset", Reason: "must be later than StartTimeOffset"}
	}
	path := vod.PlayPath(*f)
	switch q.Format {
	case "", "original":
	case "hls":
		path = path[:strings.LastIndexByte(path, '.')] + ".m3u8"
	default:
		return "", &vod.InvalidError{Field: "Format", Reason: "must be original or hls"}
	}
	return path, nil
}

// part is the query that asks for a part; empty for the whole.
func (q *PlayURLRequest) part() string {
	part := url.Values{}
	if q.StartTimeOffset > 0 {
		part.Set("start", seconds(time.Duration(q.StartTimeOffset*float64(time.Second))))
	}
	if q.EndTimeOffset > 0 {
		part.Set("end", seconds(time.Duration(q.EndTimeOffset*float64(time.Second))))
	}
	return part.Encode()
}
