package media

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	vpRecordSize = 8
	vpSizedSize  = vpRecordSize + 4
)

var errBadRecord = errors.New("initialization data is not known for VP8 and VP9")

// vpConfig is the configuration of VP8 and VP9: see VP9.
type vpConfig struct {
	config        []byte
	width, height int
}

func parseVPConfig(config []byte) (c vpConfig, err error) {
	// A level is never 0, so the version and flags of the box in front of a record are known.
	if len(config) >= vpSizedSize && [4]byte(config) == [4]byte{1} {
		config = config[4:]
	}
	if len(config) < vpRecordSize {
		return c, fmt.Errorf("vpcC: %w", errShortConfig)
	}
	if config[6] != 0 || config[7] != 0 {
		return c, fmt.Errorf("vpcC: %w", errBadRecord)
	}
	c.config = append(c.config, config[:vpRecordSize]...)
	if len(config) < vpSizedSize {
		return c, nil
	}
	width, height := binary.BigEndian.Uint16(config[vpRecordSize:]), binary.BigEndian.Uint16(config[vpRecordSize+2:])
	if c.width, c.height = possibleSize(int(width), int(height)); c.width > 0 {
		c.config = append(c.config, config[vpRecordSize:vpSizedSize]...)
	}
	return c, nil
}

// sizedVPConfig puts the size of the picture behind a record.
func sizedVPConfig(record []byte, width, height int) []byte {
	if len(record) >= vpSizedSize && [4]byte(record) == [4]byte{1} {
		record = record[4:]
	}
	out := append([]byte(nil), record[:min(len(record), vpRecordSize)]...)
	out = binary.BigEndian.AppendUint16(out, uint16(width))
	return binary.BigEndian.AppendUint16(out, uint16(height))
}

// Kind returns Video.
func (c *vpConfig) Kind() Kind { return Video }

// Config returns the VPCodecConfigurationRecord, and the size of the picture if that is known: see VP9.
func (c *vpConfig) Config() []byte { return c.config }

// Record returns the VPCodecConfigurationRecord alone: 8 bytes.
func (c *vpConfig) Record() []byte { return c.config[:vpRecordSize:vpRecordSize] }

// Size returns the size of the picture; 0, 0 when it is not known.
func (c *vpConfig) Size() (width, height int) { return c.width, c.height }

func (c *vpConfig) sized(width, height int) bool { return c.width == width && c.height == height }

// vpLevel returns the level of a picture of that size, times 10, at up to 60 pictures a second (VP9 levels, by the WebM project).
func vpLevel(width, height int) byte {
	for _, l := range []struct {
		level  byte
		pixels int
	}{{10, 36864}, {11, 73728}, {20, 122880}, {21, 245760}, {30, 552960}, {31, 983040}, {41, 2228224}, {51, 8912896}} {
		if width*height <= l.pixels {
			return l.level
		}
	}
	return 61
}
