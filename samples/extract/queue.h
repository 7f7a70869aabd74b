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

/* There is room: no more than QUEUE_CAPACITY items are made. */
void queue_push(struct queue *queue, void *item);

/* The oldest item, once there is one; NULL if the queue is closed and empty. */
void *queue_pop(struct queue *queue);

/* After queue_close(), once the queue is empty: items are pushed again. */
void queue_open(struct queue *queue);

/* Nothing is pushed from now on. */
void queue_close(struct queue *queue);

#endif
