package view

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"aircheck/recorder/container"
	"aircheck/recorder/hls"
	"aircheck/vod"
)

// stored writes the part of a recording's own playlist that is wanted, or of one of its renditions, if players want those.
func (s *Server) stored(ctx context.Context, file reader, size int64, v vod.View) (l listed, err error) {
	if err := s.enter(ctx); err != nil {
		return l, err
	}
	defer s.leave()
	list := io.NewSectionReader(file, 0, size)
	if v.OpenMedia != nil {
		if size, err = vod.WholeEntries(list, size); err != nil {
			return l, err
		}
		list = io.NewSectionReader(file, 0, size)
		all, err := renditions(ctx, list, v)
		if err != nil {
			return l, err
		}
		if all != nil {
			return rendition(all, list, v)
		}
	}
	if v.Rendition > 0 {
		return l, noRendition(v)
	}
	return native(list, v)
}

func noRendition(v vod.View) error {
	return refusef(http.StatusNotFound, "file %s has no rendition %d; its playlist names those that it has", v.Asset.ID, v.Rendition)
}

// renditions returns those of a recording; nil if it is to be played as it is stored.
func renditions(ctx context.Context, list io.ReadSeeker, v vod.View) (*hls.Renditions, error) {
	media, err := v.OpenMedia()
	if err != nil {
		return nil, gone(v, err)
	}
	defer media.Close()
	if _, err := list.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	all, err := hls.ReadRenditions(randomly(ctx, media), media.Size, list)
	if err == nil || errors.Is(err, container.ErrCorrupt) && v.Rendition == 0 { // what can be made of it is the player's to find out
		_, err = list.Seek(0, io.SeekStart)
	}
	return all, err
}

// rendition writes the playlist of the part that is wanted: of a rendition, or the one that names them all.
func rendition(all *hls.Renditions, list io.ReadSeeker, v vod.View) (l listed, err error) {
	if v.Rendition > all.Count() {
		return l, noRendition(v)
	}
	text := &limited{}
	if v.Rendition > 0 {
		if err := all.Playlist(text, v.Rendition, list); err != nil {
			return l, err
		}
		return native(bytes.NewReader(text.b), v)
	}
	if l, err = native(list, v); err != nil { // which part there is
		return l, err
	}
	if err := all.Master(text); err != nil {
		return l, err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(text.b)) {
		line = vod.PlaylistLine(strings.TrimSuffix(line, "\n"), ranged(v.Range))
		out.WriteString(vod.PlaylistLine(line, v.Query) + "\n")
	}
	l.text = out.Bytes()
	return l, nil
}

// ranged is the query that asks for a range.
func ranged(g vod.Range) string {
	query := ""
	if g.Start != 0 {
		query += "&start=" + seconds(g.Start)
	}
	if g.End != 0 {
		query += "&end=" + seconds(g.End)
	}
	return strings.Replace(query, "&", "?", 1)
}

// limited is a playlist in memory.
type limited struct{ b []byte }

// Write fails beyond maxPlaylist.
func (l *limited) Write(b []byte) (int, error) {
	if len(l.b)+len(b) > maxPlaylist {
		return 0, fmt.Errorf("%w: its playlist has more than %d bytes", container.ErrUnsupported, maxPlaylist)
	}
	l.b = append(l.b, b...)
	return len(b), nil
}
