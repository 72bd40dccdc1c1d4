package vod

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"time"

	"aircheck/recorder/container"
	"aircheck/recorder/hls"
)

// mayHaveRenditions reports whether players might want the tracks of an HLS recording one by one: with several of a kind, or MP3. Its playlist
// says whether they do. While it is recorded the catalogue tells of all its tracks, but not yet which kind of file it is; finished it leaves out those
// of which nothing came, though they are in the file.
func (a Asset) mayHaveRenditions() bool {
	if a.Status != StatusRecording {
		return a.Container == containerHLS && path.Ext(a.ObjectKey) == ".mp4"
	}
	kinds := map[string]bool{}
	for _, t := range a.Tracks {
		if kinds[t.Kind] || t.Codec == "mp3" {
			return a.Container == containerHLS
		}
		kinds[t.Kind] = true
	}
	return false
}

// serveRendition answers a request for what is made of an HLS recording whose tracks players want one by one: its master playlist, the playlist
// of one track, or a segment of that. It reports false, and has answered nothing, if the file is to be served as it is. The object is
// the file that the address means, beside the media of a playlist.
func (p *Player) serveRendition(w http.ResponseWriter, r *http.Request, f playable, object, beside *Object) (bool, error) {
	q := r.URL.Query()
	if !f.playlist {
		part, ok, err := hls.ParsePart(q)
		if !ok || err != nil {
			return false, unknownPart(f, err)
		}
		content, err := part.Open(&readerAt{object: object, paced: object}, object.Size)
		if err != nil {
			return false, unknownPart(f, err)
		}
		h := w.Header()
		if part.Packed() {
			h.Set("Content-Type", "audio/mpeg")
		}
		if f.Status == StatusRecording {
			h.Set("Cache-Control", "no-store")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
		h.Set("ETag", fmt.Sprintf(`"%s-%s"`, f.ID, part)) // no byte of it ever changes
		http.ServeContent(w, r, "", time.Time{}, content)
		return true, nil
	}
	number, err := hls.ParseRendition(q)
	if err != nil {
		return false, unknownPart(f, err)
	}
	if beside == nil {
		return false, noRendition(f, number)
	}
	return p.servePlaylist(w, r, f, number, object, beside)
}

// servePlaylist answers with the master playlist, or with that of a rendition.
func (p *Player) servePlaylist(w http.ResponseWriter, r *http.Request, f playable, number int, object, beside *Object) (bool, error) {
	size := object.Size
	var err error
	if f.Status == StatusRecording {
		if size, err = WholeEntries(object, object.Size); err != nil {
			return false, unreadable(f, err)
		}
	}
	stored := func() io.Reader { return io.NewSectionReader(&readerAt{object: object, paced: object}, 0, size) }
	all, err := hls.ReadRenditions(&readerAt{object: beside, paced: beside}, beside.Size, stored())
	switch {
	case errors.Is(err, container.ErrCorrupt) && number == 0:
		// What can be made of it is the player's to find out.
		p.Log.Warn("playlist of a recording is served as it is stored", "file", f.ID, "error", err)
		fallthrough
	case err == nil && all == nil:
		if f.grant.Query != "" && number == 0 {
			p.sendPlaylist(w, r, f, func(w io.Writer) error {
				_, err := io.Copy(w, stored())
				return err
			})
			return true, nil
		}
		if _, err = object.Seek(0, io.SeekStart); err != nil {
			return false, unreadable(f, err)
		}
		return false, noRendition(f, number)
	case err != nil:
		return false, unreadable(f, err)
	case number > all.Count():
		return false, unknownPart(f, hls.ErrAddress)
	}
	p.sendPlaylist(w, r, f, func(w io.Writer) error {
		if number == 0 {
			return all.Master(w)
		}
		return all.Playlist(w, number, stored())
	})
	return true, nil
}

// sendPlaylist sends what write writes, its addresses with the query that the request's own had to have.
func (p *Player) sendPlaylist(w http.ResponseWriter, r *http.Request, f playable, write func(io.Writer) error) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	list := &listWriter{w: w, query: f.grant.Query}
	err := write(list)
	if err == nil {
		err = list.Flush()
	}
	if err != nil {
		p.Log.Debug("write the playlist of a rendition", "file", f.ID, "error", err)
		panic(http.ErrAbortHandler) // part of it has been sent, and must not look like all of it
	}
}

// noRendition is the failure of an address of a rendition of a file that has none, nil if the address means the playlist itself.
func noRendition(f playable, number int) error {
	if number == 0 {
		return nil
	}
	return unknownPart(f, hls.ErrAddress)
}

// unknownPart is the failure of an address that no playlist has; nil for no error.
func unknownPart(f playable, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, hls.ErrAddress) {
		return notFound("file %s has no such part; its playlist is at %s", f.ID, PlayPath(f.Asset))
	}
	return unreadable(f, err)
}

func unreadable(f playable, err error) error {
	text := fmt.Sprintf("file %s cannot be read", f.ID)
	return &failure{http.StatusServiceUnavailable, text, fmt.Errorf("file %s: %w", f.ID, err)}
}

// packedExt is the extension of MP3 by itself, of which a segment of an HLS recording can be made.
const packedExt = ".mp3"

// storedExt is the extension of the file that an address means.
func storedExt(u *url.URL) string {
	ext := path.Ext(u.Path)
	if _, ok, _ := hls.ParsePart(u.Query()); ok && ext == packedExt {
		return ".mp4"
	}
	return ext
}
