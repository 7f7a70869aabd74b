/* A queue between threads, of pointers. */
#ifndef EXTRACT_QUEUE_H
#define EXTRACT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define QUEUE_CAPACITY 8

struct queue {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  void *items[QUEUE_CAPACITY];
  size_t first, count;
  bool closed;
};

void queue_create(struct queue *queue);
void queue_destroy(struct queue *queue);

/* Adds an item. There is always room, because at most QUEUE_CAPACITY items exist. */
void queue_push(struct queue *queue, void *item);

/* Waits for an item, and returns the oldest one. Returns NULL if the queue is closed and empty. */
void *queue_pop(struct queue *queue);

/* Opens the queue again, after queue_close() and when the queue is empty. */
void queue_open(struct queue *queue);

/* Closes the queue: no item is pushed from now on. */
void queue_close(struct queue *queue);

#endif
