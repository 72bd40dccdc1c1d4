package vod

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// Limits of a cover. A picture of that many pixels may take 200 MB while it is looked at, so this is done to one at a time.
const (
	MaxCoverBytes  = 5 << 20
	maxCoverSide   = 8192
	maxCoverPixels = 9 << 20
)

// ErrImage is wrapped by what is no cover.
var ErrImage = errors.New("CoverData: is not a GIF, JPEG or PNG picture that can be used")

// pictureForm is a form of pictures that browsers show.
type pictureForm struct {
	// name is that in media types, ext that of files.
	name, ext string
	magic     string
	config    func(io.Reader) (image.Config, error)
	decode    func(io.Reader) (image.Image, error)
}

func pictureForms() []pictureForm {
	return []pictureForm{
		{"gif", "gif", "GIF8", gif.DecodeConfig, gif.Decode},
		{"jpeg", "jpg", "\xff\xd8", jpeg.DecodeConfig, jpeg.Decode},
		{"png", "png", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	}
}

// checkPicture reads a picture; of one that moves, the first. Its size is known, and bounded, before it is. ErrImage.
func checkPicture(b []byte) (pictureForm, error) {
	if len(b) > MaxCoverBytes {
		return pictureForm{}, fmt.Errorf("%w: it has %d bytes, at most %d are allowed", ErrImage, len(b), MaxCoverBytes)
	}
	for _, f := range pictureForms() {
		if !bytes.HasPrefix(b, []byte(f.magic)) {
			continue
		}
		c, err := f.config(bytes.NewReader(b))
		if err != nil {
			return f, fmt.Errorf("%w: %w", ErrImage, err)
		}
		if c.Width < 1 || c.Height < 1 || c.Width > maxCoverSide || c.Height > maxCoverSide || c.Width*c.Height > maxCoverPixels {
			return f, fmt.Errorf("%w: it has %d x %d pixels; at most %d on a side and %d in all are allowed", ErrImage, c.Width, c.Height,
				maxCoverSide, maxCoverPixels)
		}
		if _, err := f.decode(bytes.NewReader(b)); err != nil {
			return f, fmt.Errorf("%w: %w", ErrImage, err)
		}
		return f, nil
	}
	return pictureForm{}, ErrImage
}
