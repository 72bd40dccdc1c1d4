package configs

import (
	"strings"
	"time"
)

// validatePlayKey checks what protects recordings from being played by everybody.
func (c *Config) validatePlayKey(bad func(key, format string, args ...any)) {
	k := c.Catalog.PlayKey
	odd := strings.ContainsFunc(k, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if k != "" && (odd || len(k) < 8 || len(k) > 20) {
		bad("catalog.play_key", "must have 8 to 20 letters and digits") // the key itself is not shown
	}
	if c.Catalog.PlayLifetime < time.Second || c.Catalog.PlayLifetime > 10*365*24*time.Hour {
		bad("catalog.play_lifetime", "%v is not 1s to ten years", c.Catalog.PlayLifetime)
	}
}
