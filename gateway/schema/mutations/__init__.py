"""Mutations: one module for each subject; the root type has them all."""
