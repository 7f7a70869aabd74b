#include "queue.h"

void queue_create(struct queue *queue) {
  *queue = (struct queue){0};
  pthread_mutex_init(&queue->lock, NULL);
  pthread_cond_init(&queue->changed, NULL);
}

void queue_destroy(struct queue *queue) {
  pthread_cond_destroy(&queue->changed);
  pthread_mutex_destroy(&queue->lock);
}

void queue_push(struct queue *queue, void *item) {
  pthread_mutex_lock(&queue->lock);
  queue->items[(queue->first + queue->count++) % QUEUE_CAPACITY] = item;
  pthread_cond_signal(&queue->changed);
  pthread_mutex_unlock(&queue->lock);
}

void *queue_pop(struct queue *queue) {
  void *item = NULL;
  pthread_mutex_lock(&queue->lock);
  while (!queue->count && !queue->closed)
    pthread_cond_wait(&queue->changed, &queue->lock);
  if (queue->count) {
    item = queue->items[queue->first];
    queue->first = (queue->first + 1) % QUEUE_CAPACITY;
    queue->count--;
  }
  pthread_mutex_unlock(&queue->lock);
  return item;
}

void queue_open(struct queue *queue) {
  pthread_mutex_lock(&queue->lock);
  queue->closed = false;
  pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue) {
  pthread_mutex_lock(&queue->lock);
  queue->closed = true;
  pthread_cond_broadcast(&queue->changed);
  pthread_mutex_unlock(&queue->lock);
}
