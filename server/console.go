package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"aircheck/configs"
	"aircheck/server/auth"
	"aircheck/server/console"
)

// openConsole reads who is logged in, and makes a password on the first start.
func (s *Server) openConsole(ctx context.Context) error {
	hash, setHash, fresh, err := s.data.consolePassword(s.cfg.Console.Password)
	if err != nil {
		return err
	}
	s.freshPassword = fresh
	sessions := &console.Sessions{Store: s.store}
	if err := sessions.Load(ctx); err != nil {
		return err
	}
	s.pages.Sessions = sessions
	s.console = console.New(console.Console{
		Sessions: sessions, Hash: hash, SetHash: setHash, Audit: s.audit.Add,
		// A proxy on this machine that nobody has named shows everybody as this machine.
		Failures: &auth.Failures{Of: "console logins", Own: true, Log: s.log},
		Client:   s.access.proxies.Client, Secure: s.access.proxies.Secure, Version: s.version, Log: s.log,
	})
	return nil
}

// consolePassword returns what reads the hash of the configured password, or of that in secrets/console_password, which is made on the first
// start; fresh is it then. set replaces the hash; nil if the password is configured.
func (d *dataDir) consolePassword(configured string) (hash func() (string, error), set func(string) error, fresh string, err error) {
	if configured != "" {
		sum, err := console.HashPassword(configured)
		return func() (string, error) { return sum, nil }, nil, "", err
	}
	name := d.join("secrets", "console_password")
	hash = func() (string, error) {
		text, err := os.ReadFile(name)
		return strings.TrimSpace(string(text)), err
	}
	if _, err = hash(); errors.Is(err, os.ErrNotExist) {
		fresh, err = newConsolePassword(name)
	}
	if err != nil {
		return nil, nil, "", fmt.Errorf("the console's password: %w", err)
	}
	set = func(sum string) error { return writeSecret(name, sum+"\n") }
	return hash, set, fresh, nil
}

// newConsolePassword makes a password and stores its hash.
func newConsolePassword(name string) (string, error) {
	text := strings.ToLower(randomText(10))
	password := strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
	hash, err := console.HashPassword(password)
	if err != nil {
		return "", err
	}
	return password, writeSecret(name, hash+"\n")
}

// NewPassword makes a new password for the console and returns it. A running server takes it at once; who is logged in stays so.
func NewPassword(cfg configs.Config) (string, error) {
	if cfg.Console.Password != "" {
		return "", errors.New("the password is in the configuration: change console.password and start the server again")
	}
	d := dataDir{path: cfg.DataDir}
	if err := os.MkdirAll(d.join("secrets"), 0o700); err != nil {
		return "", fmt.Errorf("make the folder of secrets: %w", err)
	}
	return newConsolePassword(d.join("secrets", "console_password"))
}
