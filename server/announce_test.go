package server

import (
	"testing"

	"aircheck/configs"
)

// TestConsoleAddress checks where the log sends people.
func TestConsoleAddress(t *testing.T) {
	for _, c := range []struct{ listen, public, want string }{
		{"127.0.0.1:8080", "", "http://127.0.0.1:8080/console/"},
		{"192.0.2.1:80", "", "http://192.0.2.1/console/"},
		{"[2001:db8::1]:8080", "", "http://[2001:db8::1]:8080/console/"},
		{":8080", "", "http://" + machineHost() + ":8080/console/"},
		{"0.0.0.0:8080", "", "http://" + machineHost() + ":8080/console/"},
		{":8080", "https://live.example.com/", "https://live.example.com/console/"},
	} {
		cfg := configs.Config{HTTP: configs.HTTP{Address: c.listen, PublicURL: c.public}}
		if got := consoleAddress(cfg); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.listen, c.public, got, c.want)
		}
	}
}
