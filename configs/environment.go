package configs

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Prefix starts the name of every environment variable that sets a key.
const Prefix = "AIRCHECK_"

// outside reports whether a variable with the prefix is no key: the command line's own, and those that Kubernetes sets
// in every pod beside a service named "aircheck".
func outside(name string) bool {
	return name == "AIRCHECK_CONFIG" || name == "AIRCHECK_PORT" ||
		strings.HasPrefix(name, "AIRCHECK_PORT_") || strings.HasPrefix(name, "AIRCHECK_SERVICE_")
}

// overlay sets the keys that the environment names. A variable with the prefix that names no key is an error, since it
// is most likely misspelt.
func overlay(c *Config, environ []string) error {
	keys := map[string]reflect.Value{}
	collect(reflect.ValueOf(c).Elem(), Prefix, keys)
	var errs []error
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, Prefix) || outside(name) {
			continue
		}
		field, ok := keys[name]
		if !ok {
			errs = append(errs, fmt.Errorf("environment variable %s names no key of the configuration; `aircheck defaults` lists them: "+
				"the key a.b is set by AIRCHECK_A_B", name))
			continue
		}
		if err := set(field, value); err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func collect(v reflect.Value, prefix string, keys map[string]reflect.Value) {
	for i := range v.NumField() {
		name := prefix + strings.ToUpper(v.Type().Field(i).Tag.Get("yaml"))
		if field := v.Field(i); field.Kind() == reflect.Struct {
			collect(field, name+"_", keys)
		} else {
			keys[name] = field
		}
	}
}

func set(field reflect.Value, value string) error {
	if field.Kind() == reflect.String {
		field.SetString(value)
		return nil
	}
	fresh := reflect.New(field.Type())
	if err := yaml.Unmarshal([]byte(value), fresh.Interface()); err != nil {
		if field.Kind() == reflect.Slice {
			return fmt.Errorf("%q is not %s: %s", value, wanted(field.Type()), yaml.FormatError(err, false, false))
		}
		return fmt.Errorf("%q is not %s", value, wanted(field.Type()))
	}
	field.Set(fresh.Elem())
	return nil
}
