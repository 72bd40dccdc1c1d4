package vod

import (
	"context"
	"net/http"
	"path"
	"strings"
)

// partName returns the name of the part that an address means; ok is false if it means none. An asset whose name has a slash in it is not
// mistaken for its parts: its address has that escaped.
func partName(r *http.Request) (name string, ok bool) {
	_, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), PlayPrefix), "/")
	if !strings.HasPrefix(rest, partsFolder+"/") {
		return "", false
	}
	_, name, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, PlayPrefix), "/")
	return strings.TrimPrefix(name, partsFolder+"/"), true
}

// part returns the part of an asset with that name as something to be played.
func (p *Player) part(ctx context.Context, a Asset, name string) (playable, error) {
	parts, err := p.Store.PartsOf(ctx, []FileID{a.ID})
	if err != nil {
		return playable{}, err
	}
	for _, part := range parts {
		if part.Name() != name {
			continue
		}
		// It is there, whatever has become of the asset's own file.
		a.StorageID, a.Status = part.StorageID, StatusNormal
		return playable{Asset: a, key: part.Key, ext: path.Ext(name), contentType: part.ContentType, part: part.ID}, nil
	}
	return playable{}, notFound("file %s has no part %.64q; DescribeMediaInfos tells the addresses of those it has", a.ID, name)
}
