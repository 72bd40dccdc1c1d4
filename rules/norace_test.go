//go:build !race

package rules_test

// manyTasks is how many tasks are planned at once.
const manyTasks = 10_000
