//go:build race

package rules_test

// manyTasks are fewer under the race detector, which makes SQLite twenty times slower: what many tasks show is shown without it.
const manyTasks = 1000
